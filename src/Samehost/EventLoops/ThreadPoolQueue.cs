namespace Samehost.EventLoops;

/// <summary>The thread pool, for work that others can do when the pool cannot.</summary>
internal static class ThreadPoolQueue
{
#if DEBUG
    /// <summary>Lets a test have the thread pool refuse.</summary>
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
