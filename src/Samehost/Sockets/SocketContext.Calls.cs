using System.Diagnostics;
using System.Runtime.InteropServices;
using Samehost.EventLoops;
using Samehost.Interop;

namespace Samehost.Sockets;

/// <content>Making calls.</content>
internal partial class SocketContext
{
    /// <summary>The result of a system call that would block.</summary>
    public const int Again = -(int)Errno.EAGAIN;

    private static readonly long InlinePollTime = Stopwatch.Frequency / 1_000_000 * 20;

    private SpinBudget _readBudget;
    private SpinBudget _writeBudget;
    private Descriptor? _closingSignal;

    /// <summary>Makes a blocking call that receives.</summary>
    /// <param name="owner">The public object, which is not finalized meanwhile.</param>
    /// <param name="call">The call.</param>
    /// <param name="buffer">The room to receive into.</param>
    /// <param name="milliseconds">How long it may wait; −1 is no limit.</param>
    public TResult Receive<TCall, TResult>(object owner, TCall call, Span<byte> buffer, int milliseconds = Timeout.Infinite)
        where TCall : struct, ISocketCall<TResult>
    {
        var result = Run<TCall, TResult>(ref call, buffer, LibcPoll.POLLIN, ref _readBudget, milliseconds);
        GC.KeepAlive(owner);
        return result >= 0 ? call.GetResult(result) : throw call.CreateException(this, result);
    }

    /// <summary>Makes a blocking call that sends; otherwise as <see cref="Receive"/>.</summary>
    public void Send<TCall>(object owner, TCall call, ReadOnlySpan<byte> bytes, int milliseconds = Timeout.Infinite)
        where TCall : struct, ISocketCall<int>
    {
        var buffer = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(bytes), bytes.Length); // a call that sends does not change it
        var result = Run<TCall, int>(ref call, buffer, LibcPoll.POLLOUT, ref _writeBudget, milliseconds);
        GC.KeepAlive(owner);
        if (result < 0)
            throw call.CreateException(this, result);
    }

    /// <summary>Makes an asynchronous call that receives.</summary>
    /// <param name="owner">The public object, which is not finalized while the call waits.</param>
    /// <param name="call">The call.</param>
    /// <param name="buffer">The room to receive into.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<TResult> ReceiveAsync<TCall, TResult>(
        object owner, TCall call, Memory<byte> buffer, CancellationToken cancellationToken)
        where TCall : struct, ISocketCall<TResult>
    {
        var operation = Start<TCall, TResult>(ref Readers, owner, ref call, buffer, cancellationToken, out var result, out var error);
        return operation is not null ? new ValueTask<TResult>(operation, operation.Version)
            : error is null ? new ValueTask<TResult>(call.GetResult(result))
            : error is OperationCanceledException ? ValueTask.FromCanceled<TResult>(cancellationToken)
            : ValueTask.FromException<TResult>(error);
    }

    /// <summary>Makes an asynchronous call that sends; otherwise as <see cref="ReceiveAsync"/>.</summary>
    public ValueTask SendAsync<TCall>(object owner, TCall call, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        where TCall : struct, ISocketCall<int>
    {
        var buffer = MemoryMarshal.AsMemory(bytes); // as above
        var operation = Start<TCall, int>(ref Writers, owner, ref call, buffer, cancellationToken, out _, out var error);
        return operation is not null ? new ValueTask(operation, operation.Version)
            : error is null ? ValueTask.CompletedTask
            : error is OperationCanceledException ? ValueTask.FromCanceled(cancellationToken)
            : ValueTask.FromException(error);
    }

    /// <summary>Lets the peer run, if it waits for this processor; the time is not the continuation's.</summary>
    /// <param name="start">The current time, in Stopwatch ticks.</param>
    /// <returns>The time afterwards.</returns>
    public long YieldToPeer(long start)
    {
        EventLoop.CountInlinePoll();
        LibcSched.Yield();
        var now = Stopwatch.GetTimestamp();
        InlineTicks += now - start;
        return now;
    }

    /// <summary>Blocks the thread until the socket is ready; false when the time is over. Closing the socket ends it with an
    /// exception.</summary>
    public bool WaitReady(short events, TimeSpan limit)
    {
        var result = LibcPoll.Wait(this, events, ClosingSignal(), limit);
        if (IsDisposed)
            throw Disposed();
        return result != 0;
    }

    protected override void OnDisposing()
    {
        if (_closingSignal is { } signal)
            LibcEventFd.Signal(signal);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _closingSignal?.Dispose(); // closed when the last blocked thread has released it
    }

    /// <summary>Repeats a call until it has been carried out: try, poll for as long as that has paid lately, then sleep.</summary>
    /// <returns>What the last try returned, or <c>-ETIMEDOUT</c>.</returns>
    private int Run<TCall, TResult>(ref TCall call, Span<byte> buffer, short events, ref SpinBudget budget, int milliseconds)
        where TCall : struct, ISocketCall<TResult>
    {
        var result = TryOnce<TCall, TResult>(ref call, buffer);
        var start = result == Again ? Stopwatch.GetTimestamp() : 0;
        while (result == Again)
        {
            var began = Stopwatch.GetTimestamp();
            if (budget.Budget > 0)
            {
                var end = began + budget.Budget;
                do
                {
                    LibcSched.Yield();
                    result = TryOnce<TCall, TResult>(ref call, buffer);
                    if (result != Again)
                    {
                        budget.Succeeded(Stopwatch.GetTimestamp() - began);
                        return result;
                    }
                }
                while (Stopwatch.GetTimestamp() < end);
            }

            var limit = milliseconds < 0 ? LibcPoll.Forever : TimeSpan.FromMilliseconds(milliseconds) - Stopwatch.GetElapsedTime(start);
            if (milliseconds >= 0 && limit <= TimeSpan.Zero)
                return -(int)Errno.ETIMEDOUT;
            var ready = WaitReady(events, limit);
            budget.Slept(Stopwatch.GetTimestamp() - began);
            result = TryOnce<TCall, TResult>(ref call, buffer);
            if (result == Again && !ready)
                return -(int)Errno.ETIMEDOUT;
        }

        return result;
    }

    private int TryOnce<TCall, TResult>(ref TCall call, Span<byte> buffer)
        where TCall : struct, ISocketCall<TResult>
    {
        var drained = false;
        List<IDisposable>? refused = null;
        var result = call.Try(this, buffer, ref drained, ref refused);
        if (refused is not null)
            DeferredClose.Now(ref refused);
        return result;
    }

    /// <summary>Carries an asynchronous call out now, or queues it until the socket is ready.</summary>
    /// <returns>The queued operation; null where the call has ended, with a result or an error.</returns>
    private SocketOperation<TCall, TResult>? Start<TCall, TResult>(
        ref OperationQueue queue, object owner, ref TCall call, Memory<byte> buffer, CancellationToken cancellationToken,
        out int result, out Exception? error)
        where TCall : struct, ISocketCall<TResult>
    {
        SocketOperation<TCall, TResult>? operation = null;
        List<IDisposable>? refused = null;
        var yields = false;
        error = null;
        result = Again;
        try
        {
            if (MayPollInline)
                result = PollInline<TCall, TResult>(ref queue, ref call, buffer, cancellationToken, ref refused);
            if (result == Again)
            {
                lock (queue.Lock)
                {
                    if (queue.IsClosed || cancellationToken.IsCancellationRequested)
                    {
                        error = queue.IsClosed ? Disposed() : new OperationCanceledException(cancellationToken);
                        result = 0;
                    }
                    else if (queue.MayTry && !(yields = MustYield))
                    {
                        result = TryInQueue<TCall, TResult>(ref queue, ref call, buffer, ref refused);
                        if (result != Again)
                            CallsWithoutWaiting++;
                    }

                    if (result == Again)
                    {
                        operation = queue.TakeSpare<SocketOperation<TCall, TResult>>() ?? new(this, queue.Kind);
                        operation.Prepare(owner, call, buffer);
                        queue.Append(operation, cancellationToken);
                    }
                }
            }
        }
#pragma warning disable CA1031 // what the caller's buffer throws is the outcome of the call
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = e;
            result = 0;
        }

        if (refused is not null)
            Close<TCall, TResult>(ref refused, waits: operation is not null);
        if (yields)
            Post(queue.Kind);
        else if (operation is not null)
            WaitFor(operation);
        else if (result < 0)
            error = call.CreateException(this, result);
        GC.KeepAlive(owner);
        return operation;
    }

    private int TryInQueue<TCall, TResult>(ref OperationQueue queue, ref TCall call, Memory<byte> buffer, ref List<IDisposable>? refused)
        where TCall : struct, ISocketCall<TResult>
    {
        var drained = false;
        var result = call.Try(this, buffer.Span, ref drained, ref refused);
        queue.Tried(result != Again, drained);
        return result;
    }

    /// <summary>Repeats a call for a moment, in the expectation that the peer answers at once; see <see cref="BusyPoller"/>.</summary>
    private int PollInline<TCall, TResult>(
        ref OperationQueue queue, ref TCall call, Memory<byte> buffer, CancellationToken cancellationToken, ref List<IDisposable>? refused)
        where TCall : struct, ISocketCall<TResult>
    {
        var result = Again;
        if (!queue.IsDrained && (!TryInTurn(ref queue, ref call, ref refused, out result) || result != Again))
            return result;
        long start = Stopwatch.GetTimestamp(), now = start;
        do
        {
            // With one processor the peer runs now, however long that takes; so a try always follows.
            now = YieldToPeer(now);
            if (!TryInTurn(ref queue, ref call, ref refused, out result))
                return Again;
        }
        while (result == Again && now - start < InlinePollTime);
        return result;

        // False where the call may not be tried: others come first, or it has ended.
        bool TryInTurn(ref OperationQueue queue, ref TCall call, ref List<IDisposable>? refused, out int result)
        {
            lock (queue.Lock)
            {
                result = Again;
                if (queue.IsClosed || cancellationToken.IsCancellationRequested || !queue.IsEmpty)
                    return false;
                result = TryInQueue<TCall, TResult>(ref queue, ref call, buffer, ref refused);
                return true;
            }
        }
    }

    private void Close<TCall, TResult>(ref List<IDisposable>? refused, bool waits)
        where TCall : struct, ISocketCall<TResult>
    {
        if (waits || TCall.ClosesRefusedOnLoop)
            DeferredClose.OnLoop(this, ref refused);
        else
            DeferredClose.Now(ref refused);
    }

    private Descriptor? ClosingSignal()
    {
        lock (Readers.Lock)
        {
            if (IsDisposed)
                throw Disposed();
            if (_closingSignal is null)
                _ = LibcEventFd.Create(out _closingSignal); // without it (EMFILE) a wait ends only by readiness or time
            return _closingSignal;
        }
    }
}
