using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>
/// Goes the way that bind(2) goes (path_resolution(7)) and judges each directory in which a name of the path, or of a symbolic link on
/// it, is looked up. Each is held by a descriptor while it is judged and passed, so that it is the same directory both times.
/// </summary>
internal sealed class DirectoryWalk : IDisposable
{
    private const int MostLinks = 40; // MAXSYMLINKS

    private readonly byte[] _path;
    private readonly Stack<byte[]> _names = [];
    private Descriptor? _at;
    private FileStatus _status;
    private int _links;

    public DirectoryWalk(ReadOnlySpan<byte> path)
    {
        _path = path.ToArray();
        Push(path);
    }

    /// <summary>The first directory that is unsafe.</summary>
    public UnsafeDirectory? Found { get; private set; }

    public int Run()
    {
        bool isRelative = _path is not [(byte)'/', ..];
        int result = Start(isRelative ? "."u8 : "/"u8);
        if (result >= 0 && isRelative)
            result = LookAbove();
        while (result >= 0 && Found is null && _names.TryPop(out byte[]? name))
        {
            if (name.AsSpan().SequenceEqual("."u8))
                continue;
            // What ".." leads to is not a name that others could give to something else.
            if (!name.AsSpan().SequenceEqual(".."u8) && UnsafeDirectory.Is(_status))
                Found = Describe(_at!, isLast: _names.Count == 0);
            else if (_names.Count > 0)
                result = Enter(name);
            else
                break; // the name of the file
        }
        return Math.Min(result, 0);
    }

    public void Dispose() => _at?.Dispose();

    private int Start(ReadOnlySpan<byte> path)
    {
        int result = LibcFile.Open(path, LibcFile.O_PATH | LibcFile.O_DIRECTORY, 0, out Descriptor? opened);
        return result < 0 ? result : MoveTo(opened!);
    }

    private int Enter(byte[] name)
    {
        int result = LibcWalk.OpenDirectory(_at!, name, follow: false, out Descriptor? opened);
        if (result >= 0)
            return MoveTo(opened!);
        return result == -(int)Errno.ENOTDIR ? Follow(name) : result;
    }

    private int Follow(byte[] name)
    {
        int result = LibcWalk.Open(_at!, name, follow: false, out Descriptor? link);
        if (result < 0)
            return result;
        byte[] target;
        using (link)
        {
            result = LibcFile.Status(link!, out FileStatus status);
            if (result < 0)
                return result;
            if (status.Type != FileStatus.S_IFLNK)
                return -(int)Errno.ENOTDIR;
            _ = LibcWalk.FileSystem(link!, out FileSystemStatus fileSystem);
            if (_links++ >= MostLinks || !fileSystem.FollowsLinks)
                return -(int)Errno.ELOOP;
            if (fileSystem.IsProc)
                return Jump(name);
            result = LibcWalk.ReadLink(link!, out target);
        }

        if (result < 0)
            return result;
        if (target.Length == 0)
            return -(int)Errno.ENOENT;
        Push(target);
        return target[0] == (byte)'/' ? Start("/"u8) : 0;
    }

    /// <summary>Lets the kernel follow a link of /proc, which may lead straight to a directory that no name was looked up for.</summary>
    private int Jump(byte[] name)
    {
        int result = LibcWalk.OpenDirectory(_at!, name, follow: true, out Descriptor? opened);
        if (result >= 0)
            result = MoveTo(opened!);
        return result < 0 ? result : LookAbove();
    }

    /// <summary>Looks at the directories above one that was not reached through them, as far as this process may see them.</summary>
    private int LookAbove()
    {
        FileStatus status = _status;
        Descriptor directory = _at!;
        try
        {
            while (true)
            {
                int result = LibcWalk.OpenDirectory(directory, ".."u8, follow: false, out Descriptor? above);
                if (result < 0)
                    return result == -(int)Errno.EACCES ? 0 : result;
                bool isTop = LibcFile.Status(above!, out FileStatus next) < 0 || IsSame(directory, status, above!, next);
                if (directory != _at)
                    directory.Dispose();
                (directory, status) = (above!, next);
                if (isTop)
                    return 0;
                if (UnsafeDirectory.Is(status))
                {
                    Found = Describe(directory, isLast: false);
                    return 0;
                }
            }
        }
        finally
        {
            if (directory != _at)
                directory.Dispose();
        }
    }

    // A directory can be mounted below itself: then what is above it is the same one, and not the top.
    private static bool IsSame(Descriptor one, FileStatus first, Descriptor other, FileStatus second) =>
        first.Id == second.Id
        && (LibcWalk.Mount(one, out ulong mount, out _, out _) < 0 || LibcWalk.Mount(other, out ulong mountAbove, out _, out _) < 0
            || mount == mountAbove);

    private UnsafeDirectory Describe(Descriptor directory, bool isLast) =>
        new(UnsafeDirectory.PathOf(directory, BindRequest.DirectoryOf(_path)), _status.Id, isLast);

    private int MoveTo(Descriptor directory)
    {
        int result = LibcFile.Status(directory, out FileStatus status);
        if (result < 0)
        {
            directory.Dispose();
            return result;
        }
        _at?.Dispose();
        (_at, _status) = (directory, status);
        return 0;
    }

    private void Push(ReadOnlySpan<byte> path)
    {
        var names = new List<byte[]>();
        foreach (Range range in path.Split((byte)'/'))
        {
            if (!path[range].IsEmpty)
                names.Add(path[range].ToArray());
        }
        for (int i = names.Count - 1; i >= 0; i--)
            _names.Push(names[i]);
    }
}
