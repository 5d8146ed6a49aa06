using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>
/// The file of a bound socket: created with the requested permissions, if need be in place of a stale one, and unlinked at the end only if
/// it is still the same file. See docs/internals/socket-files.md.
/// </summary>
internal sealed class SocketFile : IDisposable
{
    // Long enough for a process that is just replacing a file; closing must not wait for one that keeps the lock.
    private static readonly TimeSpan LockPatience = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly FileId _id;
    private BindRequest? _wanted;
    private byte[]? _path;
    private volatile bool _wasReplaced;

    private SocketFile(byte[]? path, FileId id, BindRequest? wanted = null)
    {
        _path = path;
        _id = id;
        _wanted = wanted;
        if (path is not null)
            BoundSocketFiles.Add(this);
    }

    /// <summary>The path while it is ours, otherwise null.</summary>
    public byte[]? OwnPath => Volatile.Read(ref _path);

    /// <summary>Whether another socket is in the place of ours by now, or was when ours would have been removed.</summary>
    public bool IsReplaced => _wasReplaced || (OwnPath is { } path
        && LibcFile.LinkStatus(path, out var now) >= 0 && now.Id != _id && now.Type == FileStatus.S_IFSOCK);

    /// <summary>Binds; the caller listens afterwards, when the permissions of the file are final, and then calls <see
    /// cref="Publish"/>.</summary>
    /// <exception cref="UnixSocketException">Operation "bind". The path is left as it was found.</exception>
    public static SocketFile Bind(Descriptor socket, UnixEndPoint endPoint, SocketFileOptions? options = null)
    {
        var request = new BindRequest(socket, endPoint, options?.Copy() ?? new SocketFileOptions());
        if (endPoint.Kind != UnixEndPointKind.Pathname)
        {
            var result = request.TryBind();
            return result >= 0 ? new SocketFile(null, default) : throw request.Failure(result);
        }

        request.CheckDirectories();
        var permissions = FilePermissions.Prepare(request);
        var file = Make(request, out var pinned, out var status);
        using (pinned)
        {
            try
            {
                permissions.Complete(pinned, status);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        return file;
    }

    /// <summary>Moves a socket that listens by now from the name it was bound under to the wanted path, where those differ.</summary>
    /// <exception cref="UnixSocketException">Operation "bind". The path is left as it was found.</exception>
    public void Publish()
    {
        lock (_lock)
        {
            if (_wanted is null || OwnPath is not { } beside)
                return;
            AtomicReplace.Publish(_wanted, beside);
            Volatile.Write(ref _path, _wanted.Path);
            _wanted = null;
        }
    }

    /// <summary>
    /// Becomes the owner of the file of a socket that was accepted in a handover; of none if the path leads to another file.
    /// </summary>
    public static SocketFile? Adopt(Descriptor socket, UnixEndPoint endPoint)
    {
        if (endPoint.Kind != UnixEndPointKind.Pathname)
            return null;
        var path = endPoint.NameBytes.ToArray();
        var ours = LibcFile.LinkStatus(path, out var status) >= 0
            && status.Type == FileStatus.S_IFSOCK && IsFileOf(socket, status.Id);
        return ours ? new SocketFile(path, status.Id) : null;
    }

    /// <summary>
    /// Unlinks the file if it is still ours. Call it before the socket is closed: an open socket keeps its inode number
    /// from being given to a successor's file, and keeps others from judging the file stale.
    /// </summary>
    public void Dispose() => Remove(LockPatience);

    /// <inheritdoc cref="Dispose"/>
    /// <remarks>It returns when the file is removed, also where another thread has begun to remove it.</remarks>
    /// <param name="patience">How long to wait for the lock of the directory.</param>
    public void Remove(TimeSpan patience)
    {
        lock (_lock)
        {
            if (OwnPath is not { } path)
                return;
            using (SocketFileLock.TryTake(path, patience))
            {
                if (LibcFile.LinkStatus(path, out var now) >= 0)
                {
                    if (now.Id == _id)
                        _ = LibcFile.Unlink(path);
                    else
                        _wasReplaced = now.Type == FileStatus.S_IFSOCK;
                }
            }
            Volatile.Write(ref _path, null);
        }
        BoundSocketFiles.Remove(this);
    }

    /// <summary>Leaves the file to a successor: <see cref="Dispose"/> does nothing afterwards.</summary>
    /// <returns>False when the file has been removed, or left, before.</returns>
    public bool Forget()
    {
        lock (_lock)
        {
            var wasOurs = OwnPath is not null;
            Volatile.Write(ref _path, null);
            BoundSocketFiles.Remove(this);
            return wasOurs;
        }
    }

    /// <summary>Binds, and registers the file as ours before the process can end.</summary>
    private static SocketFile Make(BindRequest request, out Descriptor pinned, out FileStatus status)
    {
        BoundSocketFiles.EnterBind();
        try
        {
            var bound = request;
            // Kept for the descriptor that is opened after the bind: without it the file could not be recorded as ours.
            if (LibcFcntl.Duplicate(request.Socket, out var kept) is < 0 and var errno)
                throw request.Failure(errno);
            using (kept)
            {
                if (request.Options.ReplaceLive)
                {
                    AtomicReplace.CheckTarget(request);
                    bound = AtomicReplace.BindBeside(request);
                }
                else
                {
                    StaleFileReplacer.Bind(request);
                }
            }
            pinned = PinOwn(bound, out status);
            return new SocketFile(bound.Path, status.Id, bound == request ? null : request);
        }
        finally
        {
            BoundSocketFiles.ExitBind();
        }
    }

    /// <summary>Opens the file that was just bound and makes sure that it is our socket's.</summary>
    private static Descriptor PinOwn(BindRequest request, out FileStatus status)
    {
        var result = LibcFile.Open(request.Path, LibcFile.O_PATH | LibcFile.O_NOFOLLOW, 0, out var pinned);
        if (result == -(int)Errno.ENOENT)
            throw request.Failure(result, "The new socket file was removed as soon as it was made: another program removes files there.");
        if (result < 0)
        {
            var isThere = LibcFile.LinkStatus(request.Path, out status) >= 0 && status.Type == FileStatus.S_IFSOCK;
            if (isThere && IsFileOf(request.Socket, status.Id))
                _ = LibcFile.Unlink(request.Path);
            throw request.Failure(result);
        }

        result = LibcFile.Status(pinned!, out status);
        if (result >= 0 && status.Type == FileStatus.S_IFSOCK && IsFileOf(request.Socket, status.Id))
            return pinned!;
        pinned!.Dispose();
        throw request.Failure(-(int)Errno.EADDRINUSE,
            "Another process replaced the new socket file as soon as it was made: is the directory shared with it?");
    }

    private static bool IsFileOf(Descriptor socket, FileId file)
    {
        // Where the kernel's table is out of reach, "a socket at our path, right after bind" has to do. Devices are not
        // compared: on overlay and btrfs file systems the kernel's own number differs from the one that stat shows.
        return LibcFile.Status(socket, out var own) < 0
            || SockDiag.Find((uint)own.Id.Inode, out var entry) < 0
            || entry.FileInode is not uint inode
            || inode == (uint)file.Inode;
    }
}
