using System.Collections.Concurrent;
using System.Diagnostics;

namespace Samehost.EventLoops;

/// <summary>
/// Descriptors whose continuations take long, on their way to the thread pool. The queue is ours, so that when the pool's threads
/// are all held up, or it can start none, the crew can serve it with threads of its own.
/// </summary>
internal sealed class OffloadQueue : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<Registration> _waiting = new();
    private long _served;

    public bool IsEmpty => _waiting.IsEmpty;

    /// <summary>How many have been served; unchanged over a tick while some wait, it says that nobody comes.</summary>
    public long Served => Volatile.Read(ref _served);

    public void Add(Registration registration, uint events)
    {
        if (!registration.Offload(events))
            return; // queued already; whoever takes it serves these events too
        _waiting.Enqueue(registration);
        _ = ThreadPoolQueue.TryQueue(this); // if the pool has no thread for it, the watch sees to it on one of its next ticks
    }

    /// <summary>Serves all that wait, on a thread of the crew's.</summary>
    public void ServeAll()
    {
        while (TryServe())
            EventLoopThreads.ResetContext();
    }

    void IThreadPoolWorkItem.Execute() => TryServe();

    private bool TryServe()
    {
        if (!_waiting.TryDequeue(out var registration))
            return false;
        Interlocked.Increment(ref _served);
        long start = Stopwatch.GetTimestamp();
        if (registration.ServeOffloaded())
            registration.Timing.Add(Stopwatch.GetTimestamp() - start, registration.Readers.CallsWithoutWaiting);
        return true;
    }
}
