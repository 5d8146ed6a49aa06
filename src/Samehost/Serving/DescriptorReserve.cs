using Samehost.Ancillary;
using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost.Serving;

/// <summary>Keeps a server from using the last descriptors of the process.</summary>
/// <remarks>The runtime needs a few descriptors to start a thread, and ends the process with "Out of memory" if there is none; assemblies
/// and files of the handlers need some, too. The kernel assigns the lowest free number, so a number near the limit means that all below
/// it are in use.</remarks>
internal sealed class DescriptorReserve
{
    private const int MinForClients = 4;
    private const int MinForAssemblies = 16; // loaded when clients connect, with two descriptors each, if just-in-time compiled

    private readonly int? _wanted;
    private int _firstReserved;

    /// <param name="wanted">The number to reserve; null for what the runtime needs.</param>
    public DescriptorReserve(int? wanted)
    {
        _wanted = wanted;
        _firstReserved = FirstReserved();
    }

    /// <summary>Throws if the process has so few descriptors left that the runtime might not be able to start a thread.</summary>
    /// <exception cref="UnixSocketException">EMFILE.</exception>
    public static void CheckFree(ListenerContext listener, int? wanted)
    {
        var limit = LibcLimits.Descriptors();
        var reserve = DescriptorBudget.Reserve(limit);
        var needed = Math.Min(wanted ?? reserve, reserve) + MinForClients + MinForAssemblies;
        var free = LibcFcntl.CountFree(listener, needed, limit, out _);
        if (free >= needed)
            return;
        throw new UnixSocketException(Errno.EMFILE, "accept", listener.EndPoint,
            $"Only {free} of the {limit} descriptors that this process may have are free, and a server needs {needed}: without them the " +
            "runtime cannot start a thread. Raise the limit (ulimit -n, or LimitNOFILE= in a unit), or close some.");
    }

    /// <summary>Returns true if the descriptor after one that was just created may be one of the last.</summary>
    public bool IsNear(Descriptor made) => made.Number + 1 >= _firstReserved;

    /// <summary>Returns true if a descriptor that was just created is one of the last.</summary>
    public bool IsTouchedBy(Descriptor made)
    {
        if (made.Number < _firstReserved)
            return false;
        _firstReserved = FirstReserved(); // the limit may have been raised
        return made.Number >= _firstReserved;
    }

    /// <summary>Returns true if the next descriptor would be one of the last, or there is none.</summary>
    public bool IsTouchedByNext(Descriptor any)
    {
        if (LibcFcntl.Duplicate(any, out var probe) < 0)
            return true;
        using (probe)
            return IsTouchedBy(probe!);
    }

    private int FirstReserved()
    {
        var limit = LibcLimits.Descriptors();
        return limit - (_wanted ?? DescriptorBudget.Reserve(limit));
    }
}
