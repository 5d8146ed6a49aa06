using System.Collections.Concurrent;

namespace Samehost.Tests.Serving;

/// <summary>Records the events of a server.</summary>
internal sealed class RecordingEvents : UnixServerEvents
{
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _started;
    private int _ended;

    public ConcurrentQueue<Exception> Failures { get; } = new();

    public ConcurrentQueue<UnixServerRefusal> Refusals { get; } = new();

    public int Started => Volatile.Read(ref _started);

    public int Ended => Volatile.Read(ref _ended);

    public Task FirstFailure => _failed.Task;

    public override void ConnectionStarted(UnixServerConnection connection) => Interlocked.Increment(ref _started);

    public override void ConnectionEnded(UnixServerConnection connection) => Interlocked.Increment(ref _ended);

    public override void HandlerFailed(UnixServerConnection connection, Exception error)
    {
        Failures.Enqueue(error);
        _failed.TrySetResult();
    }

    public override void ConnectionRefused(UnixServerRefusal refusal) => Refusals.Enqueue(refusal);
}
