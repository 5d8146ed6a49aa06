namespace Samehost.EventLoops;

/// <summary>
/// The loops of this process: one at first, and another whenever each of them has its share of descriptors, up to one for each processor.
/// </summary>
/// <remarks>
/// A program with a few connections starts one pair of threads only. With few processors, whoever is at the other end of the connections
/// needs them as well, and a second loop is in its way until there is more to do than one can; hence the larger share there.
/// </remarks>
internal static class EventLoopGroup
{
    private const int Most = 8;
    private const int SharesOfAll = 256;

    private static readonly Lock Adding = new();
    private static EventLoop[] _all = [];

    /// <summary>The loop for a new descriptor: the one that has the fewest.</summary>
    public static EventLoop Next()
    {
        var all = Volatile.Read(ref _all);
        if (Idlest(all) is { } loop && (loop.Members < FullShare || all.Length >= Limit))
            return loop;
        lock (Adding)
            return _all.Length > all.Length ? Idlest(_all)! : Add();
    }

    private static int Limit => Math.Min(Environment.ProcessorCount, Most);

    private static int FullShare => SharesOfAll / Limit;

    private static EventLoop? Idlest(EventLoop[] all)
    {
        EventLoop? idlest = null;
        foreach (var loop in all)
        {
            if (idlest is null || loop.Members < idlest.Members)
                idlest = loop;
        }

        return idlest;
    }

    private static EventLoop Add()
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Samehost runs on Linux only: it is made of epoll and Linux's local sockets.");
        EventLoop loop;
        try
        {
            loop = new EventLoop();
        }
        catch (IOException) when (_all.Length > 0)
        {
            return Idlest(_all)!; // one fewer will do
        }

        Volatile.Write(ref _all, [.. _all, loop]);
        return loop;
    }
}
