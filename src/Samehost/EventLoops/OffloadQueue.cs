using System.Collections.Concurrent;
using System.Diagnostics;

namespace Samehost.EventLoops;

/// <summary>
/// Descriptors whose continuations take long, on their way to the thread pool. It is a queue of the event loop's own, so that its threads
/// can serve it when all threads of the pool are blocked, or none can be started.
/// </summary>
internal sealed class OffloadQueue : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<Registration> _waiting = new();
    private long _served;

    public bool IsEmpty => _waiting.IsEmpty;

    /// <summary>The number of descriptors that have been served; unchanged over a tick while some wait, the pool does not serve
    /// them.</summary>
    public long Served => Volatile.Read(ref _served);

    public void Add(Registration registration, uint events)
    {
        if (!registration.Offload(events))
            return; // queued already; these events are served with it
        _waiting.Enqueue(registration);
        _ = ThreadPoolQueue.TryQueue(this); // where the pool has no thread, the watchdog finds it on one of its next ticks
    }

    /// <summary>Serves all that wait, on a thread of the event loop's.</summary>
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
        var start = Stopwatch.GetTimestamp();
        if (registration.ServeOffloaded())
            registration.Timing.Add(Stopwatch.GetTimestamp() - start, registration.CallsWithoutWaiting);
        return true;
    }
}

/// <summary>
/// Remembers how long a descriptor's continuations take. Short ones run on the event loop, which saves a change of threads; for long ones
/// that costs nothing in comparison and lets them use the other processors.
/// </summary>
/// <remarks>
/// It counts instead of averaging: a thread that loses its processor in the middle of a short continuation makes that one look a thousand
/// times as long, which would dominate an average for a while.
/// </remarks>
internal struct ContinuationTiming
{
    private const int LongScore = 4;
    private const int MaxScore = 8;
    private const int ShortDecrement = 2;

    private static readonly long LongContinuation = Stopwatch.Frequency / 1_000_000 * 50;

    private int _score; // an estimate, so that a lost update does not matter

    public readonly bool IsLong => _score >= LongScore;

    /// <summary>Adds the time of continuations that ran one after the other: the first, and one more for each call that did not have to
    /// wait.</summary>
    public void Add(long ticks, int callsWithoutWaiting)
    {
        if (ticks / (callsWithoutWaiting + 1) > LongContinuation)
            _score = Math.Min(_score + 1, MaxScore);
        else if (_score > 0)
            _score = Math.Max(_score - ShortDecrement, 0);
    }
}

/// <summary>The thread pool, for work that is done otherwise where the pool cannot.</summary>
internal static class ThreadPoolQueue
{
#if DEBUG
    /// <summary>Lets a test make the thread pool refuse.</summary>
    public static bool IsRefused { get; set; }
#endif

    /// <summary>Queues a piece of work to the thread pool; false when the pool could not start the thread that this needs. It may run
    /// nevertheless, later.</summary>
    public static bool TryQueue(IThreadPoolWorkItem work)
    {
#if DEBUG
        if (IsRefused)
            return false;
#endif
        try
        {
            return ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }
        catch (Exception e) when (EventLoopThreads.IsStartFailure(e))
        {
            return false;
        }
    }
}
