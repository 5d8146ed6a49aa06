using System.Threading.Tasks.Sources;

namespace Samehost.AspNetCore.Transport;

/// <summary>
/// The one wait that a pipe's end may have under way. Whoever finds the wait begun, under the lock of that end, and stops it, may give it
/// its outcome, and nobody else.
/// </summary>
internal struct PipeWait<TResult>
{
    private CancellationToken _token;
    private CancellationTokenRegistration _cancellation;

    /// <summary>What the end hands its calls as a <see cref="IValueTaskSource{TResult}"/> on to.</summary>
    public ManualResetValueTaskSourceCore<TResult> Core;

    /// <summary>True from <see cref="Begin"/> until the wait is stopped. Under the lock.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Under the lock, while something is under way that will end the wait.</summary>
    /// <exception cref="InvalidOperationException">Somebody waits already, and would never hear of it.</exception>
    public ValueTask<TResult> Begin(IWaitingEnd<TResult> end, CancellationToken token)
    {
        if (IsUnderWay)
            throw new InvalidOperationException("One read, or one flush, at a time: another one is under way.");
        Core.Reset();
        IsUnderWay = true;
        if (token.CanBeCanceled)
        {
            _token = token;
            _cancellation = token.UnsafeRegister(static (waiting, canceled) => ((IWaitingEnd<TResult>)waiting!).Cancel(canceled), end);
        }

        return new ValueTask<TResult>(end, Core.Version);
    }

    /// <summary>Under the lock, with a wait under way. The outcome is set after it, outside of the lock.</summary>
    /// <param name="onPool">Whether the waiting code goes on elsewhere, instead of on the thread that gives the outcome.</param>
    public void Stop(bool onPool)
    {
        IsUnderWay = false;
        Core.RunContinuationsAsynchronously = onPool;
        if (!_token.CanBeCanceled)
            return;
        _cancellation.Unregister();
        _cancellation = default;
        _token = default;
    }

    /// <summary>Under the lock. False when it is too late, and another wait is under way, or none.</summary>
    public bool TryStopFor(CancellationToken token)
    {
        if (!IsUnderWay || _token != token)
            return false;
        Stop(onPool: true);
        return true;
    }
}
