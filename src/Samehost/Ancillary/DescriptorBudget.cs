using Samehost.Interop;

namespace Samehost.Ancillary;

/// <summary>Limits received descriptors, so that they never use up the descriptor limit of the process.</summary>
/// <remarks>
/// The runtime needs a few descriptors to start a thread, and ends the process with "Out of memory" if there is none; accepting the next
/// client needs one, too. The kernel installs the descriptors of a message before they can be checked, so near the limit each receive
/// first counts how many may come.
/// </remarks>
internal static class DescriptorBudget
{
    private const int MostReserved = 32;
    private const int LeastReserved = 12; // a thread that starts needs three for a moment, and a few may start at once
    private const int MostForAccepting = 128;
    private const int LeastForAccepting = 8;

    // Within this distance of the end each receive counts first: more than the maximum of one message, and a margin for other threads.
    private const int Near = 512;

    private static int _reserved;

    /// <summary>Held while descriptors are counted and then received, so that two receives do not count the same ones.</summary>
    public static readonly Lock Receiving = new();

    /// <summary>True if descriptors may be short, as far as is known: it is updated by each message with descriptors.</summary>
    public static bool IsNearEnd { get; private set; } = true;

    /// <summary>Returns the number of descriptors that are reserved for the runtime, unless a server reserves more.</summary>
    public static int Reserve(int limit) => Math.Clamp(limit / 16, LeastReserved, MostReserved);

    /// <summary>Reserves more than the runtime needs, for the rest of the process.</summary>
    public static void Raise(int reserved)
    {
        for (var known = Volatile.Read(ref _reserved); known < reserved;)
            known = Interlocked.CompareExchange(ref _reserved, reserved, known) is var seen && seen == known ? reserved : seen;
    }

    /// <summary>Counts the descriptors that may come now, up to <paramref name="most"/>.</summary>
    public static int Count(Descriptor any, int most)
    {
        var end = End();
        var count = LibcFcntl.CountFree(any, most, end, out var last);
        if (count == most)
            IsNearEnd = last >= end - Near;
        return count;
    }

    /// <summary>Returns true if descriptors that came may be kept.</summary>
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
        var limit = LibcLimits.Descriptors();
        var reserved = Math.Max(Reserve(limit), Volatile.Read(ref _reserved));
        return limit - reserved - Math.Clamp(limit / 8, LeastForAccepting, MostForAccepting);
    }
}
