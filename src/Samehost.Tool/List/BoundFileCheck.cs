using System.Globalization;
using Samehost.Interop;

namespace Samehost.Tool.List;

/// <summary>What is at the path of a socket that waits for clients.</summary>
internal enum BoundFileState
{
    /// <summary>The socket's file, or it could not be looked up.</summary>
    Unknown,

    /// <summary>No file: no client can connect by this path.</summary>
    Missing,

    /// <summary>Another file: clients of this path do not reach this socket.</summary>
    Replaced,
}

/// <summary>
/// Looks whether the file of a socket is still at the path that it was bound to. Only absolute paths of processes that see the same
/// files as this one are looked up; every other path can mean another file here.
/// </summary>
internal sealed class BoundFileCheck
{
    private static readonly (string? Mounts, string? Root) Own = ViewOf("self");

    private readonly Dictionary<int, bool> _sameView = [];

    public BoundFileState Of(UnixSocketEntry socket)
    {
        var path = socket.LocalEndPoint;
        if (path.Kind != UnixEndPointKind.Pathname || socket.File is not { } file || path.NameBytes.Span is not [(byte)'/', ..])
            return BoundFileState.Unknown;
        if (socket.Processes.Count == 0 || !socket.Processes.All(process => HasSameView(process.ProcessId)))
            return BoundFileState.Unknown;
        var result = LibcFile.LinkStatus(path.NameBytes.Span, out var status);
        if (result < 0)
            return (Errno)(-result) is Errno.ENOENT or Errno.ENOTDIR ? BoundFileState.Missing : BoundFileState.Unknown;
        // On file systems of layers the kernel's table has another device, and the inode number may differ as well.
        var sameDevice = (file.DeviceMajor, file.DeviceMinor) == (status.Id.DeviceMajor, status.Id.DeviceMinor);
        return status.Type != FileStatus.S_IFSOCK || (sameDevice && file.Inode != (uint)status.Id.Inode)
            ? BoundFileState.Replaced : BoundFileState.Unknown;
    }

    private bool HasSameView(int process)
    {
        if (!_sameView.TryGetValue(process, out var same))
        {
            var view = ViewOf(process.ToString(CultureInfo.InvariantCulture));
            _sameView[process] = same = view == Own && view is { Mounts: not null, Root: not null };
        }
        return same;
    }

    /// <summary>Gets the mount namespace and the root directory of a process; null where they cannot be read.</summary>
    private static (string? Mounts, string? Root) ViewOf(string process) =>
        (Link($"/proc/{process}/ns/mnt"), Link($"/proc/{process}/root"));

    private static string? Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
