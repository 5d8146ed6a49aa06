using System.Text;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>
/// The permissions and the group of the file, which never has more than the requested ones; the umask, which all threads share, is not
/// changed. The mode that fchmod(2) sets on a socket before bind(2) is the file's first mode, less the umask; the rest is added before
/// listen(2), when no client can connect yet.
/// </summary>
internal sealed class FilePermissions
{
    private const uint OwnerOnly = 0x1C0; // 0700

    private readonly BindRequest _request;
    private readonly uint _mode;
    private readonly uint? _group;

    private FilePermissions(BindRequest request, uint mode, uint? group)
    {
        _request = request;
        _mode = mode;
        _group = group;
    }

    public static FilePermissions Prepare(BindRequest request)
    {
        var mode = (uint)(UnixFileMode)request.Options.Mode;
        uint? group = request.Options.Group is { } name ? FindGroup(request, name) : null;
        // Until the file has its group, group permissions would go to the wrong one.
        var result = LibcFile.ChangeMode(request.Socket, group is null ? mode : mode & OwnerOnly);
        if (result < 0)
            throw request.Failure(result, "The permissions of the socket could not be set before request: was it made by another user?");
        return new FilePermissions(request, mode, group);
    }

    /// <summary>Gives the bound file its group, then what the umask took away or the group had to wait for.</summary>
    public void Complete(Descriptor pinned, FileStatus status)
    {
        if (_group is uint group && group != status.Group)
        {
            var result = LibcFile.ChangeGroup(pinned, group);
            if (result < 0)
            {
                throw _request.Failure(result, "The socket file could not be given to the group " +
                    $"{PrintableText.Of(_request.Options.Group!)}: that takes a member of the group or CAP_CHOWN.");
            }
        }
        if (status.Permissions != _mode)
        {
            // fchmod refuses O_PATH descriptors; the link in /proc leads to the same inode whatever happens to the path.
            var result = LibcFile.ChangeMode(Encoding.ASCII.GetBytes($"/proc/self/fd/{pinned.Number}"), _mode);
            if (result < 0)
                throw _request.Failure(result, "The permissions of the socket file could not be widened: is /proc mounted?");
        }
    }

    /// <summary>Finds the group of a name or number; returns null, or the problem as a sentence.</summary>
    public static string? FindGroup(string name, out uint group)
    {
        // In this order, as chown(1): a group may have a name of digits, and a policy that names it means the same one.
        var result = LibcAccount.FindGroup(name, out var found);
        group = found ?? 0;
        if (found is not null || (Numbers.TryParse(name, out group) && group != uint.MaxValue))
            return null;
        return result < 0
            ? $"The group {PrintableText.Of(name)} could not be looked up: {(Errno)(-result)}."
            : $"There is no group named {PrintableText.Of(name)}: getent group lists them.";
    }

    private static uint FindGroup(BindRequest request, string name) => FindGroup(name, out var group) is { } problem
        ? throw request.Failure(-(int)Errno.EINVAL, problem)
        : group;
}
