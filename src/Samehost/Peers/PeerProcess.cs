using System.Runtime.InteropServices;
using System.Text;
using Samehost.Interop;

namespace Samehost;

/// <summary>
/// The process at the other end, held by a pidfd (pidfd_open(2), SO_PEERPIDFD): what it tells is about that very process, never about
/// another
/// one that was given its number later.
/// </summary>
/// <remarks>For logs and diagnosis. What a process is called, and what its command line says, is its own choice; decide on users and
/// groups with
/// a <see cref="PeerPolicy"/>.</remarks>
public sealed class PeerProcess : IDisposable
{
    private readonly Descriptor _pidFd;

    internal PeerProcess(Descriptor pidFd) => _pidFd = pidFd;

    /// <summary>The pidfd, for calls that this library does not have. It stays this object's: do not close it.</summary>
    public SafeHandle Handle => _pidFd;

    /// <summary>False once the process has ended, also while its parent has not waited for it yet.</summary>
    public bool IsAlive => !LibcPidFd.HasEnded(_pidFd);

    /// <summary>The process number, or null when the process is gone or has none in our namespace.</summary>
    public int? Id => LibcPidFd.ProcessId(_pidFd) is > 0 and var id ? id : null;

    /// <summary>The path of its program; null when the process is gone, or when we may not see it (proc_pid_exe(5)).</summary>
    public string? Executable => Read(static id => File.ResolveLinkTarget($"/proc/{id}/exe", returnFinalTarget: false)?.FullName);

    /// <summary>Its arguments, the program's name first; null when the process is gone, or when we may not see them
    /// (proc_pid_cmdline(5)).</summary>
    public IReadOnlyList<string>? CommandLine => Read(static id => SplitAtNuls(File.ReadAllBytes($"/proc/{id}/cmdline")));

    /// <summary>Lets go of the process.</summary>
    public void Dispose() => _pidFd.Dispose();

    /// <summary>The process of a connected socket's peer.</summary>
    internal static PeerProcess Of(Descriptor socket)
    {
        int result = LibcPeer.GetPidFd(socket, out var pidFd);
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
            // Still alive after the reading, it had its number all along: what was read is its own.
            return IsAlive ? value : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
