using System.Threading.Tasks.Sources;
using Samehost.Reactor;

namespace Samehost.Serving;

/// <summary>The places that a server has for connections. The accept loop, one at a time, waits here for one, and goes on on the listener's
/// event loop: also where all threads of the thread pool are held up.</summary>
internal sealed class ConnectionRoom(int places, Registration listener) : LoopCompletion, IValueTaskSource
{
    private readonly Lock _lock = new();
    private int _free = places;
    private bool _isWaiting;
    private bool _wasCanceled;
    private CancellationToken _token;
    private CancellationTokenRegistration _cancellation;

    protected override EventLoop? ContinuationLoop => listener.LoopIfChosen;

    /// <summary>Takes a place, and waits for one if there is none. A call that is canceled has taken none.</summary>
    public ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled(cancellationToken);
            if (_free > 0)
            {
                _free--;
                return ValueTask.CompletedTask;
            }

            _isWaiting = true;
            _wasCanceled = false;
            _token = cancellationToken;
            _cancellation = cancellationToken.UnsafeRegister(static (room, token) => ((ConnectionRoom)room!).Cancel(token), this);
            return new ValueTask(this, Version);
        }
    }

    /// <summary>Returns a place.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (!_isWaiting)
            {
                _free++;
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
            throw new InvalidOperationException("The place is not there yet.");
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
