namespace Samehost.EventLoops;

/// <summary>
/// The event loops of this process: one at first, and another whenever each of them has its share of descriptors, up to one for each
/// processor.
/// </summary>
/// <remarks>
/// A program with a few connections starts one pair of threads only. With few processors the processes at the other ends of the connections
/// need them too, and a second loop is in their way until there is more to do than one can; hence the larger share there.
/// </remarks>
internal static class EventLoopGroup
{
    private const int MaxLoops = 8;
    private const int SharesOfAll = 256;

    private static readonly Lock Adding = new();
    private static EventLoop[] _all = [];

    private static int Limit => Math.Min(Environment.ProcessorCount, MaxLoops);

    private static int FullShare => SharesOfAll / Limit;

    /// <summary>The loop for a new descriptor: the one that has the fewest.</summary>
    public static EventLoop Next()
    {
        var all = Volatile.Read(ref _all);
        if (LeastLoaded(all) is { } loop && (loop.DescriptorCount < FullShare || all.Length >= Limit))
            return loop;
        lock (Adding)
            return _all.Length > all.Length ? LeastLoaded(_all)! : Add();
    }

    private static EventLoop? LeastLoaded(EventLoop[] all)
    {
        EventLoop? least = null;
        foreach (var loop in all)
        {
            if (least is null || loop.DescriptorCount < least.DescriptorCount)
                least = loop;
        }

        return least;
    }

    private static EventLoop Add()
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Samehost runs on Linux only: it uses epoll and Linux's local sockets.");
        EventLoop loop;
        try
        {
            loop = new EventLoop();
        }
        catch (IOException) when (_all.Length > 0)
        {
            return LeastLoaded(_all)!; // one fewer will do
        }

        Volatile.Write(ref _all, [.. _all, loop]);
        return loop;
    }
}
