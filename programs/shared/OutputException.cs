namespace Samehost.Programs;

/// <summary>Standard output cannot be written.</summary>
internal sealed class OutputException(Errno errno) : Exception(new UnixSocketException(errno, "write").Summary)
{
    /// <summary>True when the reader of the pipe has left: it wants no more output, and no complaint either.</summary>
    public bool IsClosedPipe => errno == Errno.EPIPE;
}
