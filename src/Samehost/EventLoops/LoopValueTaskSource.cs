using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Samehost.EventLoops;

/// <summary>
/// A source of value tasks whose continuations run on an event loop and never on the thread pool, which may be unable to start a thread
/// when descriptors or memory are short. It is reused, so that waiting does not allocate.
/// </summary>
/// <remarks>
/// Completion and <see cref="OnCompleted"/> may come in either order and on different threads: the second one finds in <c>_continuation</c>
/// what the first one left. The completing thread runs a continuation that it finds; one that comes later is posted to the loop.
/// </remarks>
internal abstract class LoopValueTaskSource : IThreadPoolWorkItem
{
    private static readonly Action<object?> Sentinel = static _ => throw new InvalidOperationException();

    private Action<object?>? _continuation;
    private Action<object?>? _posted;
    private object? _state;
    private object? _context; // an ExecutionContext, or a ContinuationContext
    private volatile bool _completed;

    /// <summary>Distinguishes the uses of this object, as the token of a <see cref="ValueTask"/>.</summary>
    internal short Version { get; private set; }

    /// <summary>The loop for continuations that the completing thread does not run; null when there is none.</summary>
    protected abstract EventLoop? ContinuationLoop { get; }

    // The continuation is null between completion and the sentinel: for others the operation has not completed yet.
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

    /// <summary>Publishes the outcome. A continuation that was registered before runs on this thread.</summary>
    protected void CompleteHere()
    {
        if (SignalCompleted() is { } continuation)
            Run(continuation);
    }

    /// <summary>Publishes the outcome. A continuation that was registered before runs on the loop, not on the caller's stack.</summary>
    protected void CompleteOnLoop()
    {
        if (SignalCompleted() is not { } continuation)
            return;
        _posted = continuation;
        Post();
    }

    /// <summary>Prepares for the next use; tasks of this one become invalid.</summary>
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

        // No loop could be made, for want of descriptors.
        if (!ThreadPoolQueue.TryQueue(this))
            ((IThreadPoolWorkItem)this).Execute();
    }
}

/// <summary>The execution context and the scheduler of a continuation that does not simply run on the completing thread.</summary>
internal sealed class ContinuationContext
{
    private readonly ExecutionContext? _execution;
    private readonly object _scheduler;

    private ContinuationContext(ExecutionContext? execution, object scheduler)
    {
        _execution = execution;
        _scheduler = scheduler;
    }

    /// <summary>Captures what <see cref="Run"/> needs; null when the continuation may run anywhere.</summary>
    public static object? Capture(ValueTaskSourceOnCompletedFlags flags)
    {
        if (flags == ValueTaskSourceOnCompletedFlags.None)
            return null;
        var execution = (flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0 ? ExecutionContext.Capture() : null;
        var scheduler = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0 ? CurrentScheduler() : null;
        return scheduler is null ? execution : new ContinuationContext(execution, scheduler);
    }

    /// <summary>Runs a continuation in the captured context.</summary>
    public static void Run(object context, Action<object?> continuation, object? state)
    {
        if (context is ExecutionContext execution)
        {
            ExecutionContext.Run(execution, new ContextCallback(continuation), state);
            return;
        }

        var captured = (ContinuationContext)context;
        if (captured._execution is null)
            captured.Schedule(continuation, state);
        else
            ExecutionContext.Run(captured._execution, _ => captured.Schedule(continuation, state), null);
    }

    private static object? CurrentScheduler()
    {
        if (SynchronizationContext.Current is { } synchronization && synchronization.GetType() != typeof(SynchronizationContext))
            return synchronization;
        return TaskScheduler.Current is var scheduler && scheduler != TaskScheduler.Default ? scheduler : null;
    }

    private void Schedule(Action<object?> continuation, object? state)
    {
        if (_scheduler is SynchronizationContext synchronization)
        {
            synchronization.Post(new SendOrPostCallback(continuation), state);
        }
        else
        {
            _ = Task.Factory.StartNew(
                continuation, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach, (TaskScheduler)_scheduler);
        }
    }
}

/// <summary>
/// Awaits a task and continues on the thread that completes it, or at once where it has completed meanwhile. A plain await would continue
/// on the thread pool in the latter case, and wait there for as long as all threads of the pool are blocked.
/// </summary>
internal readonly struct InlineAwaitable(Task task) : ICriticalNotifyCompletion
{
    public bool IsCompleted => task.IsCompleted;

    public InlineAwaitable GetAwaiter() => this;

    public void GetResult() => task.GetAwaiter().GetResult();

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) =>
        _ = task.ContinueWith(
            static (_, continuation) => ((Action)continuation!)(),
            continuation, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
