using Samehost.Interop;

namespace Samehost.Ancillary;

/// <summary>
/// Keeps received descriptors from taking the last ones of the process. The runtime needs a few to start a thread, and where there is none
/// it ends the whole process with "Out of memory"; accepting the next client needs one, too.
/// </summary>
/// <remarks>
/// The kernel installs what a message brings before anything can be judged, so near the limit each receive first finds out how many may
/// come.
/// </remarks>
internal static class DescriptorRoom
{
    private const int MostReserved = 32;
    private const int LeastReserved = 12; // a thread that starts takes three for a moment, and a few may start at once
    private const int MostForAccepting = 128;
    private const int LeastForAccepting = 8;

    // Within this distance of the end each receive counts first: more than one message can bring, with space for what others open.
    private const int Near = 512;

    private static int _reserved;

    /// <summary>Held while descriptors are counted and then received, so that two receives do not count the same ones.</summary>
    public static readonly Lock Receiving = new();

    /// <summary>True while descriptors may be short, as far as is known: it is brought up to date when some come.</summary>
    public static bool IsNearEnd { get; private set; } = true;

    /// <summary>How many of the process's descriptors are left to the runtime, unless a server wants more.</summary>
    public static int Reserve(int limit) => Math.Clamp(limit / 16, LeastReserved, MostReserved);

    /// <summary>Reserves more than the runtime needs, for good.</summary>
    public static void Raise(int reserved)
    {
        for (int known = Volatile.Read(ref _reserved); known < reserved;)
            known = Interlocked.CompareExchange(ref _reserved, reserved, known) is var seen && seen == known ? reserved : seen;
    }

    /// <summary>How many descriptors may come now, at most <paramref name="most"/>.</summary>
    public static int Count(Descriptor any, int most)
    {
        int end = End();
        int count = LibcFcntl.CountFree(any, most, end, out int last);
        if (count == most)
            IsNearEnd = last >= end - Near;
        return count;
    }

    /// <summary>True when descriptors that came may stay.</summary>
    public static bool MayKeep(List<Descriptor> received)
    {
        int end = End(), last = 0;
        foreach (var descriptor in received)
            last = Math.Max(last, descriptor.Number);
        IsNearEnd = last >= end - Near;
        return last < end;
    }

    /// <summary>The first number that no received descriptor may have.</summary>
    private static int End()
    {
        int limit = LibcLimits.Descriptors();
        int reserved = Math.Max(Reserve(limit), Volatile.Read(ref _reserved));
        return limit - reserved - Math.Clamp(limit / 8, LeastForAccepting, MostForAccepting);
    }
}
