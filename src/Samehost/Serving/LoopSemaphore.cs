using System.Threading.Tasks.Sources;
using Samehost.EventLoops;

namespace Samehost.Serving;

/// <summary>A semaphore for one waiter at a time, which continues on the event loop of a registration, and so even if all threads of the
/// thread pool are blocked.</summary>
internal sealed class LoopSemaphore(int initialCount, Registration registration) : LoopValueTaskSource, IValueTaskSource
{
    private readonly Lock _lock = new();
    private int _count = initialCount;
    private bool _isWaiting;
    private bool _wasCanceled;
    private CancellationToken _token;
    private CancellationTokenRegistration _cancellation;

    protected override EventLoop? ContinuationLoop => registration.LoopIfChosen;

    /// <summary>Waits until the count is above zero, and decrements it. A canceled call has not changed the count.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled(cancellationToken);
            if (_count > 0)
            {
                _count--;
                return ValueTask.CompletedTask;
            }

            _isWaiting = true;
            _wasCanceled = false;
            _token = cancellationToken;
            _cancellation = cancellationToken.UnsafeRegister(static (semaphore, token) => ((LoopSemaphore)semaphore!).Cancel(token), this);
            return new ValueTask(this, Version);
        }
    }

    /// <summary>Increments the count, or releases the waiter.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (!_isWaiting)
            {
                _count++;
                return;
            }

            StopWaiting();
        }

        CompleteOnLoop();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token)
    {
        CheckVersion(token);
        return !IsCompleted ? ValueTaskSourceStatus.Pending
            : _wasCanceled ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Succeeded;
    }

    void IValueTaskSource.GetResult(short token)
    {
        CheckVersion(token);
        if (!IsCompleted)
            throw new InvalidOperationException("The wait has not ended yet.");
        var (canceled, by) = (_wasCanceled, _token);
        Reset();
        if (canceled)
            throw new OperationCanceledException(by);
    }

    private void Cancel(CancellationToken token)
    {
        lock (_lock)
        {
            if (!_isWaiting || _token != token)
                return;
            StopWaiting();
            _wasCanceled = true;
        }

        CompleteOnLoop();
    }

    private void StopWaiting()
    {
        _isWaiting = false;
        _cancellation.Unregister();
    }
}
