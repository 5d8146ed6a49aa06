using System.Runtime.InteropServices;
using System.Text;
using Samehost.Interop;

namespace Samehost;

/// <summary>Represents the process of a socket's peer, held by a pidfd (pidfd_open(2), SO_PEERPIDFD).</summary>
/// <remarks>
/// <para>All members refer to that process, never to a later one with the same number.</para>
/// <para>Use it for logs and diagnosis only. A process chooses its name and its command line itself; decide on users and groups with a
/// <see cref="PeerPolicy"/>.</para>
/// </remarks>
public sealed class PeerProcess : IDisposable
{
    private readonly Descriptor _pidFd;

    internal PeerProcess(Descriptor pidFd) => _pidFd = pidFd;

    /// <summary>Gets the pidfd, which this object owns, for other system calls.</summary>
    public SafeHandle SafeHandle => _pidFd;

    /// <summary>Gets a value that indicates whether the process has not ended; a zombie process has.</summary>
    public bool IsAlive => !LibcPidFd.HasEnded(_pidFd);

    /// <summary>Gets the process number, or null if the process has ended or has none in the namespace of this process.</summary>
    public int? Id => LibcPidFd.ProcessId(_pidFd) is > 0 and var id ? id : null;

    /// <summary>Gets the path of the program, or null if the process has ended or access is denied (proc_pid_exe(5)).</summary>
    public string? Executable => Read(static id => File.ResolveLinkTarget($"/proc/{id}/exe", returnFinalTarget: false)?.FullName);

    /// <summary>Gets the arguments, the program's name first, or null if the process has ended or access is denied
    /// (proc_pid_cmdline(5)).</summary>
    public IReadOnlyList<string>? CommandLine => Read(static id => SplitAtNuls(File.ReadAllBytes($"/proc/{id}/cmdline")));

    /// <summary>Closes the pidfd.</summary>
    public void Dispose() => _pidFd.Dispose();

    /// <summary>Opens the process of a connected socket's peer.</summary>
    internal static PeerProcess Of(Descriptor socket)
    {
        var result = LibcPeer.GetPidFd(socket, out var pidFd);
        if (pidFd is not null)
            return new PeerProcess(pidFd);
        throw new UnixSocketException((Errno)(-Math.Min(result, -(int)Errno.ESRCH)), "getsockopt",
            hint: "The kernel has no pidfd for the peer: SO_PEERPIDFD needs Linux 6.5 and a connected stream or seqpacket socket.");
    }

    private static string[] SplitAtNuls(byte[] bytes) =>
        bytes.Length == 0 ? [] : Encoding.UTF8.GetString(bytes.AsSpan()[..^1]).Split('\0');

    private T? Read<T>(Func<int, T?> read)
        where T : class
    {
        if (Id is not { } id)
            return null;
        try
        {
            var value = read(id);
            // A process that is still alive has had its number all along, so the values are its own.
            return IsAlive ? value : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
