using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>
/// The file of a bound socket: made with the wanted permissions, in place of a stale one where there is one, and unlinked
/// at the end only if it is still the same file. docs/internals/socket-files.md tells the whole of it.
/// </summary>
internal sealed class SocketFile : IDisposable
{
    private readonly FileId _id;
    private byte[]? _path;

    private SocketFile(byte[]? path, FileId id)
    {
        _path = path;
        _id = id;
    }

    /// <summary>Binds; the caller listens afterwards, when the permissions of the file are final.</summary>
    /// <exception cref="UnixSocketException">Operation "bind". The path is left as it was found.</exception>
    public static SocketFile Bind(Descriptor socket, UnixEndPoint endPoint, SocketFileOptions? options = null)
    {
        var binding = new Binding(socket, endPoint, options ?? new SocketFileOptions());
        if (endPoint.Kind != UnixEndPointKind.Pathname)
        {
            int result = binding.TryBind();
            return result >= 0 ? new SocketFile(null, default) : throw binding.Failure(result);
        }

        binding.CheckDirectory();
        FilePermissions permissions = FilePermissions.Prepare(binding);
        TakeOver.Bind(binding);
        using Descriptor pinned = PinOwn(binding, out FileStatus status);
        var file = new SocketFile(binding.Path, status.Id);
        try
        {
            permissions.Complete(pinned, status);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        return file;
    }

    /// <summary>
    /// Becomes the owner of the file of a socket that was taken over from a process that has left it to us. Owns nothing where the path
    /// leads elsewhere by now.
    /// </summary>
    public static SocketFile? Adopt(Descriptor socket, UnixEndPoint endPoint)
    {
        if (endPoint.Kind != UnixEndPointKind.Pathname)
            return null;
        byte[] path = endPoint.NameBytes.ToArray();
        bool ours = LibcFile.LinkStatus(path, out FileStatus status) >= 0
            && status.Type == FileStatus.S_IFSOCK && IsFileOf(socket, status.Id);
        return ours ? new SocketFile(path, status.Id) : null;
    }

    /// <summary>
    /// Unlinks the file if it is still ours. Call it before the socket is closed: an open socket keeps its inode number
    /// from being given to a successor's file, and keeps others from judging the file stale.
    /// </summary>
    public void Dispose()
    {
        byte[]? path = Interlocked.Exchange(ref _path, null);
        if (path is not null && LibcFile.LinkStatus(path, out FileStatus now) >= 0 && now.Id == _id)
            _ = LibcFile.Unlink(path);
    }

    /// <summary>Leaves the file to a successor: <see cref="Dispose"/> does nothing any more.</summary>
    public void Forget() => Interlocked.Exchange(ref _path, null);

    /// <summary>Opens the file that was just bound and makes sure that it is our socket's.</summary>
    private static Descriptor PinOwn(Binding binding, out FileStatus status)
    {
        int result = LibcFile.Open(binding.Path, LibcFile.O_PATH | LibcFile.O_NOFOLLOW, 0, out Descriptor? pinned);
        if (result < 0)
            throw binding.Failure(result, "The new socket file vanished as soon as it was made: something else removes files there.");
        result = LibcFile.Status(pinned!, out status);
        if (result >= 0 && status.Type == FileStatus.S_IFSOCK && IsFileOf(binding.Socket, status.Id))
            return pinned!;
        pinned!.Dispose();
        throw binding.Failure(-(int)Errno.EADDRINUSE,
            "Another process replaced the new socket file as soon as it was made: is the directory shared with it?");
    }

    private static bool IsFileOf(Descriptor socket, FileId file)
    {
        // Where the kernel's table is out of reach, "a socket at our path, right after bind" has to do. Devices are not
        // compared: on overlay and btrfs file systems the kernel's own number differs from the one that stat shows.
        return LibcFile.Status(socket, out FileStatus own) < 0
            || SockDiag.Find((uint)own.Id.Inode, out SockDiagEntry entry) < 0
            || entry.FileInode is not uint inode
            || inode == (uint)file.Inode;
    }
}
