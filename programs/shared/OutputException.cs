namespace Samehost.Programs;

/// <summary>The error of a write to standard output.</summary>
internal sealed class OutputException(Errno errno) : Exception(new UnixSocketException(errno, "write").Summary)
{
    /// <summary>Whether the reader of the pipe has closed it, which is not an error to report.</summary>
    public bool IsClosedPipe => errno == Errno.EPIPE;
}
