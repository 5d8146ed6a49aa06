using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>
/// Lets one process at a time replace a stale file. The lock is on the parent directory itself, which leaves nothing
/// behind; where that cannot be opened or locked, on a file beside the socket that is removed again.
/// </summary>
internal sealed class SocketFileLock : IDisposable
{
    private const uint OwnerReadWrite = 0x180; // 0600
    private const int LongestPause = 50; // milliseconds

    private readonly Descriptor _held;
    private readonly byte[]? _remove;

    private SocketFileLock(Descriptor held, byte[]? remove)
    {
        _held = held;
        _remove = remove;
    }

    /// <exception cref="UnixSocketException">EAGAIN when another process holds the lock for all of the time allowed.</exception>
    public static SocketFileLock Take(BindRequest request)
    {
        var deadline = Environment.TickCount64 + (long)request.Options.LockTimeout.TotalMilliseconds;
        var result = LibcFile.Open(request.Directory, LibcFile.O_RDONLY | LibcFile.O_DIRECTORY, 0, out var directory);
        if (result < 0)
            return result == -(int)Errno.EACCES ? TakeFile(request, deadline) : throw request.Failure(result);
        try
        {
            for (var pause = 1; ; pause *= 2)
            {
                result = LibcLock.TryLock(directory!);
                if (result >= 0)
                    return new SocketFileLock(Keep(ref directory), remove: null);
                if (result != -(int)Errno.EAGAIN)
                    return TakeFile(request, deadline); // a file system that locks no directories, such as NFS
                Pause(request, deadline, pause, request.Directory);
            }
        }
        finally
        {
            directory?.Dispose();
        }
    }

    /// <summary>Takes the lock on the directory if that succeeds in time; null otherwise.</summary>
    public static SocketFileLock? TryTake(ReadOnlySpan<byte> path, TimeSpan patience)
    {
        if (LibcFile.Open(BindRequest.DirectoryOf(path), LibcFile.O_RDONLY | LibcFile.O_DIRECTORY, 0, out var directory) < 0)
            return null;
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        int result;
        while ((result = LibcLock.TryLock(directory!)) == -(int)Errno.EAGAIN && Environment.TickCount64 < deadline)
            Thread.Sleep(1); // no event reports an unlocked flock
        if (result >= 0)
            return new SocketFileLock(directory!, remove: null);
        directory!.Dispose();
        return null;
    }

    public void Dispose()
    {
        // Removed while it is still locked: a process that waits for it finds another inode at the path afterwards and tries again.
        if (_remove is not null)
            _ = LibcFile.Unlink(_remove);
        _held.Dispose();
    }

    private static SocketFileLock TakeFile(BindRequest request, long deadline)
    {
        byte[] path = [.. request.Path, .. ".lock"u8];
        var text = request.EndPoint + ".lock";
        for (var pause = 1; ; pause *= 2)
        {
            const int flags = LibcFile.O_RDWR | LibcFile.O_CREAT;
            var result = LibcFile.Open(path, flags | LibcFile.O_NOFOLLOW, OwnerReadWrite, out var file);
            if (result < 0)
                throw request.Failure(result, $"A stale socket file exists, but the lock file {text} could not be opened.");
            try
            {
                result = LibcFile.Status(file!, out var held);
                if (result < 0 || held.Type != FileStatus.S_IFREG)
                    throw request.Failure(-(int)Errno.EADDRINUSE, $"{text} is not a lock file and was left untouched.");
                result = LibcLock.TryLock(file!);
                if (result < 0 && result != -(int)Errno.EAGAIN)
                    throw request.Failure(result, $"{text} could not be locked.");
                if (result >= 0 && LibcFile.LinkStatus(path, out var now) >= 0 && now.Id == held.Id)
                {
                    // One that has content or another owner was not made here; it is used, but not removed.
                    var ours = now.Size == 0 && now.User == LibcIdentity.EffectiveUser();
                    return new SocketFileLock(Keep(ref file), ours ? path : null);
                }
            }
            finally
            {
                file?.Dispose();
            }
            Pause(request, deadline, pause, path);
        }
    }

    /// <summary>Moves the descriptor to the lock, so that leaving the method does not close it.</summary>
    private static Descriptor Keep(ref Descriptor? descriptor)
    {
        var kept = descriptor!;
        descriptor = null;
        return kept;
    }

    private static void Pause(BindRequest request, long deadline, int milliseconds, ReadOnlySpan<byte> locked)
    {
        var left = deadline - Environment.TickCount64;
        if (left <= 0)
        {
            throw request.Failure(-(int)Errno.EAGAIN,
                "A stale socket file exists, and another process holds the lock under which such files are replaced, for longer than " +
                $"{request.Options.LockTimeout.TotalSeconds:0.###} s: fuser -v {PrintableText.ForShell(locked)} shows which.");
        }
        Thread.Sleep((int)Math.Min(left, Math.Clamp(milliseconds, 1, LongestPause))); // no event reports an unlocked flock
    }
}
