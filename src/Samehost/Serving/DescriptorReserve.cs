using Samehost.Interop;
using Samehost.Ancillary;
using Samehost.Sockets;

namespace Samehost.Serving;

/// <summary>
/// Keeps a server from taking the process's last descriptors. The runtime needs a few to start a thread, and where there is none it
/// ends the whole process with "Out of memory"; assemblies and the handlers' own files need some, too.
/// </summary>
/// <remarks>The kernel gives the lowest free number. So a number near the limit says that all below it are taken.</remarks>
internal sealed class DescriptorReserve
{
    private const int LeastForClients = 4;
    private const int LeastForAssemblies = 16; // that are loaded when clients come, each with two descriptors, if just-in-time compiled

    private readonly int? _wanted;
    private int _firstReserved;

    /// <param name="wanted">How many to leave; null for what the runtime needs.</param>
    public DescriptorReserve(int? wanted)
    {
        _wanted = wanted;
        _firstReserved = FirstReserved();
    }

    /// <summary>Refuses to start a server where the runtime would soon have too few descriptors to start a thread, which ends the
    /// process.</summary>
    /// <exception cref="UnixSocketException">EMFILE.</exception>
    public static void CheckRoom(ListenerContext listener, int? wanted)
    {
        int limit = LibcLimits.Descriptors();
        int reserve = DescriptorRoom.Reserve(limit);
        int needed = Math.Min(wanted ?? reserve, reserve) + LeastForClients + LeastForAssemblies;
        int free = LibcFcntl.CountFree(listener, needed, limit, out _);
        if (free >= needed)
            return;
        throw new UnixSocketException(Errno.EMFILE, "accept", listener.EndPoint,
            $"Only {free} of the {limit} descriptors that this process may have are free, and a server needs {needed}: without them the " +
            "runtime cannot start a thread. Raise the limit (ulimit -n, or LimitNOFILE= in a unit), or close some.");
    }

    /// <summary>True when the one after a descriptor that was just made may be one of the last.</summary>
    public bool IsNear(Descriptor made) => made.Number + 1 >= _firstReserved;

    /// <summary>True when a descriptor that was just made is one of the last.</summary>
    public bool IsTouchedBy(Descriptor made)
    {
        if (made.Number < _firstReserved)
            return false;
        _firstReserved = FirstReserved(); // the limit may have been raised
        return made.Number >= _firstReserved;
    }

    /// <summary>True when the next descriptor would be one of the last, or there is none.</summary>
    public bool IsTouchedByNext(Descriptor any)
    {
        if (LibcFcntl.Duplicate(any, out var probe) < 0)
            return true;
        using (probe)
            return IsTouchedBy(probe!);
    }

    private int FirstReserved()
    {
        int limit = LibcLimits.Descriptors();
        return limit - (_wanted ?? DescriptorRoom.Reserve(limit));
    }
}
