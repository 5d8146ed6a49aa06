using System.Security.Cryptography;
using System.Text;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>
/// Replaces a socket, which may be live, by a new one that is bound under a temporary name and moved to the path when it listens, so that
/// clients can connect at every moment.
/// </summary>
internal static class AtomicReplace
{
    private const int Rounds = 100;

    /// <summary>Binds beside the wanted path, which is replaced later, and only if it is a socket or does not exist.</summary>
    /// <returns>The request for the temporary name.</returns>
    public static BindRequest BindBeside(BindRequest wanted)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var beside = wanted.At(NameBeside(wanted));
            var result = beside.TryBind();
            if (result >= 0)
                return beside;
            if (result != -(int)Errno.EADDRINUSE)
                throw wanted.Failure(result, $"The temporary name was {UnixEndPoint.FromPath(beside.Path)}.");
        }
        throw wanted.Failure(-(int)Errno.EADDRINUSE, "No free temporary name was found.");
    }

    /// <summary>Moves the listening socket's file over the wanted path.</summary>
    /// <exception cref="UnixSocketException">EADDRINUSE: the existing file is not a socket; it is left untouched.</exception>
    public static void Publish(BindRequest wanted, ReadOnlySpan<byte> beside)
    {
        using var held = SocketFileLock.Take(wanted); // excludes an owner that has checked the path and is about to remove it
        for (var round = 0; round < Rounds; round++)
        {
            var result = LibcRename.Move(beside, wanted.Path);
            if (result >= 0)
                return;
            if (result == -(int)Errno.EINVAL)
            {
                ReplaceAfterLook(wanted, beside);
                return;
            }
            if (result != -(int)Errno.EEXIST)
                throw NotMoved(wanted, result);

            // Exchanged and not overwritten, so that a file of another kind is not lost.
            result = LibcRename.Exchange(beside, wanted.Path);
            if (result == -(int)Errno.ENOENT)
                continue; // removed meanwhile
            if (result < 0)
                throw NotMoved(wanted, result);
            if (IsSocket(beside))
            {
                _ = LibcFile.Unlink(beside);
                return;
            }
            _ = LibcRename.Exchange(beside, wanted.Path);
            throw NoSocket(wanted);
        }
        throw wanted.Failure(-(int)Errno.EADDRINUSE, "The file there was replaced again and again: several programs remove and make it.");
    }

    /// <summary>Refuses early what <see cref="Publish"/> would have to refuse, before it is even exchanged for a moment.</summary>
    public static void CheckTarget(BindRequest wanted)
    {
        if (LibcFile.LinkStatus(wanted.Path, out var status) >= 0 && status.Type != FileStatus.S_IFSOCK)
            throw NoSocket(wanted);
    }

    private static void ReplaceAfterLook(BindRequest wanted, ReadOnlySpan<byte> beside)
    {
        CheckTarget(wanted);
        if (LibcRename.Replace(beside, wanted.Path) is < 0 and var errno)
            throw NotMoved(wanted, errno);
    }

    private static bool IsSocket(ReadOnlySpan<byte> path) =>
        LibcFile.LinkStatus(path, out var status) >= 0 && status.Type == FileStatus.S_IFSOCK;

    // Short, because it has to fit into an address as the wanted path does.
    private static byte[] NameBeside(BindRequest wanted)
    {
        var slash = wanted.Path.AsSpan().LastIndexOf((byte)'/');
        var name = "." + RandomNumberGenerator.GetHexString(8, lowercase: true);
        return [.. wanted.Path.AsSpan(0, slash + 1), .. Encoding.ASCII.GetBytes(name)];
    }

    private static UnixSocketException NotMoved(BindRequest wanted, int result) => wanted.Failure(result, result == -(int)Errno.EBUSY
        ? $"What is there is mounted (a bind mount), and cannot be replaced. {BindVerdict.RemedyForMounted}"
        : "The new socket file could not be moved there.");

    private static UnixSocketException NoSocket(BindRequest wanted) => wanted.Failure(
        -(int)Errno.EADDRINUSE, "A file that is not a socket exists and was left untouched: choose another path, or move it away.");
}
