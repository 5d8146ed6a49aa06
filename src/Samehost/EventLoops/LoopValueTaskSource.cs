using System.Threading.Tasks.Sources;

namespace Samehost.EventLoops;

/// <summary>
/// The continuation of something that is awaited, run by an event loop and never by the thread pool, which may be unable to start a thread
/// when descriptors or memory are short. Used again and again, so that waiting allocates nothing.
/// </summary>
/// <remarks>
/// Completion and <see cref="OnCompleted"/> may come in either order and on different threads: whichever is second finds what the first one
/// left in <c>_continuation</c>. The completing thread runs a continuation that is there; one that comes later is posted to the loop.
/// </remarks>
internal abstract class LoopValueTaskSource : IThreadPoolWorkItem
{
    private static readonly Action<object?> Sentinel = static _ => throw new InvalidOperationException();

    private Action<object?>? _continuation;
    private Action<object?>? _posted;
    private object? _state;
    private object? _context; // an ExecutionContext, or a ContinuationContext
    private volatile bool _completed;

    /// <summary>Tells the uses of this object apart, as the token of a <see cref="ValueTask"/>.</summary>
    internal short Version { get; private set; }

    /// <summary>The loop that runs a continuation that the completing thread does not run; null when there is none.</summary>
    protected abstract EventLoop? ContinuationLoop { get; }

    // The continuation is null in the moment between completion and the sentinel: not completed yet, as far as others are concerned.
    protected bool IsCompleted => Volatile.Read(ref _continuation) is not null && _completed;

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        CheckVersion(token);
        if (Volatile.Read(ref _continuation) is not null && !_completed)
            throw Twice();
        _state = state;
        _context = ContinuationContext.Capture(flags);
        var earlier = Interlocked.CompareExchange(ref _continuation, continuation, null);
        if (earlier is null)
            return;
        if (!ReferenceEquals(earlier, Sentinel))
            throw Twice();
        _posted = continuation;
        Post();
    }

    /// <summary>Runs the posted continuation.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        if (Interlocked.Exchange(ref _posted, null) is { } continuation)
            Run(continuation);
    }

    protected void CheckVersion(short token)
    {
        if (token != Version)
            throw new InvalidOperationException("This task was awaited already; a ValueTask can be awaited once.");
    }

    /// <summary>Makes the outcome known. A continuation that is there runs on this thread.</summary>
    protected void CompleteHere()
    {
        if (SignalCompleted() is { } continuation)
            Run(continuation);
    }

    /// <summary>Makes the outcome known. A continuation that is there runs on the loop, not on the caller's stack.</summary>
    protected void CompleteOnLoop()
    {
        if (SignalCompleted() is not { } continuation)
            return;
        _posted = continuation;
        Post();
    }

    /// <summary>Prepares for the next use. Tasks of this one are invalid from here on.</summary>
    protected void Reset()
    {
        Version++;
        _continuation = null;
        _posted = null;
        _state = null;
        _context = null;
        _completed = false;
    }

    private static InvalidOperationException Twice() => new("This task is being awaited already; a ValueTask can be awaited once.");

    private Action<object?>? SignalCompleted()
    {
        _completed = true;
        return Volatile.Read(ref _continuation) ?? Interlocked.CompareExchange(ref _continuation, Sentinel, null);
    }

    private void Run(Action<object?> continuation)
    {
        var (state, context) = (_state, _context);
        if (context is null)
            continuation(state);
        else
            ContinuationContext.Run(context, continuation, state);
    }

    private void Post()
    {
        if (ContinuationLoop is { } loop)
        {
            loop.Post(this);
            return;
        }

        // Only where no loop could be made, for want of descriptors.
        if (!ThreadPoolQueue.TryQueue(this))
            ((IThreadPoolWorkItem)this).Execute();
    }
}
