namespace Samehost.Programs;

/// <summary>A write to standard output failed.</summary>
internal sealed class OutputException(Errno errno) : Exception(new UnixSocketException(errno, "write").Summary)
{
    /// <summary>Whether the reader of the pipe has closed it; no error is reported then.</summary>
    public bool IsClosedPipe => errno == Errno.EPIPE;
}
