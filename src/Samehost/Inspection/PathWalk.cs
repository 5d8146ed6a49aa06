using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>Why a path walk came to no end.</summary>
internal enum WalkProblem
{
    None,

    /// <summary>The directory has no such entry.</summary>
    Missing,

    /// <summary>The user may not pass through the directory.</summary>
    SearchDenied,

    /// <summary>The path needs a directory where another kind of file is.</summary>
    NotADirectory,

    /// <summary>The path has more symbolic links than the kernel follows.</summary>
    TooManyLinks,

    /// <summary>A link in a sticky directory of all users belongs to a third user (fs.protected_symlinks, proc_sys_fs(5)).</summary>
    LinkNotTrusted,

    /// <summary>The file system is mounted with nosymfollow.</summary>
    LinksForbidden,

    /// <summary>The link leads into another process, and the user may not look into that one.</summary>
    ProcessClosed,

    /// <summary>The path leads through /proc/self, which is another process for the user who would make the call.</summary>
    OtherProcess,

    /// <summary>The name is longer than the file system allows.</summary>
    NameTooLong,

    /// <summary>This process may not see what comes next.</summary>
    Hidden,

    /// <summary>The permissions allow it and the kernel refuses all the same, or another error occurred.</summary>
    Refused,
}

/// <summary>
/// A directory on the way to a socket file in which every user may replace what the path names there. A user who can rename a directory
/// above a socket can serve in its place, as one who can replace the file can.
/// </summary>
/// <param name="Path">The path of the directory.</param>
/// <param name="At">The directory of the walk at which it was found: itself, or one that is below it.</param>
/// <param name="IsLast">Whether the socket file itself is in it.</param>
internal sealed record UnsafeDirectory(byte[] Path, WalkPoint At, bool IsLast)
{
    /// <summary>Whether others may replace the entries of a directory. The owners of both do not count.</summary>
    public static bool Is(in FileStatus directory) =>
        directory.Type == FileStatus.S_IFDIR && (directory.Mode & (FileStatus.S_IWOTH | FileStatus.S_ISVTX)) == FileStatus.S_IWOTH;
}

/// <summary>
/// Follows a path as the kernel does (path_resolution(7)), step by step, and holds each file while it is judged and passed, so that it is
/// the same file both times. A walk for a user sees with the rights of this process, and works out from owner, mode, access control list
/// and capabilities whether that user gets past. A walk without a user is this process's own, and is judged by the kernel alone.
/// </summary>
internal sealed class PathWalk : IDisposable
{
    private const int MostLinks = 40; // MAXSYMLINKS

    private readonly FileCredentials? _user;
    private readonly bool _isOwnUser;
    private readonly bool _forBind;
    private readonly List<WalkPoint> _points = [];
    private readonly List<WalkPoint> _above = [];
    private readonly List<PathStep> _steps = [];
    private readonly Dictionary<string, PathStep> _directories = [];
    private readonly HashSet<string> _jumps = [];
    private readonly Stack<byte[]> _pending = [];
    private WalkPoint _at = null!;
    private MountTable? _mounts;
    private int _links;

    private PathWalk(FileCredentials? user, bool isOwnUser, bool forBind)
    {
        _user = user;
        _isOwnUser = isOwnUser;
        _forBind = forBind;
    }

    public IReadOnlyList<PathStep> Steps => _steps;

    public WalkProblem Problem { get; private set; }

    public Errno Errno { get; private set; }

    /// <summary>The step at which the walk ended.</summary>
    public PathStep Last => _steps[^1];

    /// <summary>The file that the path leads to; null when the walk ended before. For a bind, the file that has the name already.</summary>
    public WalkPoint? Found { get; private set; }

    /// <summary>The directory in which the last name was looked up.</summary>
    public WalkPoint Directory => _at;

    /// <summary>The name that the directory does not have, or that could not be looked at.</summary>
    public byte[] Name { get; private set; } = [];

    /// <summary>Whether that name is the last part of the path.</summary>
    public bool IsLastName => _pending.Count == 0;

    /// <summary>Whether the path, or the link at its end, ends in a slash: only a directory can be there.</summary>
    public bool EndsInSlash { get; private set; }

    /// <summary>Whether the path leads through /proc/self, which differs between processes.</summary>
    public bool IsOfOwnProcess { get; private set; }

    /// <summary>The link that led to where the walk ended; null when the path itself did.</summary>
    public PathStep? LastLink { get; private set; }

    /// <summary>The first directory on the way to a bind in which every user may replace files; null when there is none.</summary>
    public UnsafeDirectory? Unsafe { get; private set; }

    /// <summary>The step of a file that the walk has passed or reached.</summary>
    public PathStep StepOf(WalkPoint point) => _directories.GetValueOrDefault(PrintableText.Of(point.Location)) ?? Last;

    public MountRow? MountOf(WalkPoint point) => (_mounts ??= new MountTable()).Find(point.Mount);

    /// <summary>Walks to what connect(2) would find: links are followed, the last one too.</summary>
    /// <param name="path">A relative path starts at the working directory.</param>
    /// <param name="user">The user who would make the call.</param>
    /// <param name="isOwnUser">Whether that is the user of this thread.</param>
    public static PathWalk ToTarget(ReadOnlySpan<byte> path, FileCredentials user, bool isOwnUser) =>
        Start(path, new PathWalk(user, isOwnUser, forBind: false));

    /// <summary>Walks to where bind(2) would make a file: the last name is not followed.</summary>
    /// <inheritdoc cref="ToTarget"/>
    public static PathWalk ToPlace(ReadOnlySpan<byte> path, FileCredentials user, bool isOwnUser) =>
        Start(path, new PathWalk(user, isOwnUser, forBind: true));

    /// <summary>Walks to where this process's own bind(2) would make a file, up to the first unsafe directory. The last name is not looked
    /// at, and there are no details in the steps.</summary>
    public static PathWalk ToOwnPlace(ReadOnlySpan<byte> path) => Start(path, new PathWalk(null, isOwnUser: true, forBind: true));

    public void Dispose()
    {
        _points.ForEach(point => point.Dispose());
        _above.ForEach(point => point.Dispose());
    }

    private static PathWalk Start(ReadOnlySpan<byte> path, PathWalk walk)
    {
        var isRelative = path.IsEmpty || path[0] != (byte)'/';
        var result = LibcFile.Open(
            isRelative ? "."u8 : "/"u8, LibcFile.O_PATH | LibcFile.O_DIRECTORY, 0, out var start);
        if (result < 0 || !walk.Enter(start!, isRelative ? WorkingDirectory() : "/"u8.ToArray(), out result))
        {
            // The working directory itself was removed, or is out of reach.
            walk.Stop(WalkProblem.Refused, (Errno)(-result), new PathStep(".", FileKind.Hidden));
            return walk;
        }
        if (isRelative)
            walk.CheckAbove();
        walk.Push(path);
        walk.Run();
        return walk;
    }

    private void Run()
    {
        while (Problem == WalkProblem.None && Found is null && (_user is not null || Unsafe is null))
        {
            if (_pending.Count == 0)
            {
                Found = _at; // the path ended in a directory
                return;
            }
            var name = _pending.Pop();
            if (_user is null && _pending.Count == 0 && !IsDots(name))
            {
                CheckUnsafe(name);
                Name = name;
                return; // the name of the file
            }
            Next(name);
        }
    }

    private void Next(byte[] name)
    {
        Name = name;
        CheckUnsafe(name);
        var directory = _directories[PrintableText.Of(_at.Location)];
        if (_user is not null)
        {
            var search = _at.Judge(_user, AccessKinds.Search);
            (directory.Asked, directory.Rule) = ("search", search.Rule);
            if (!search.Granted)
            {
                Stop(WalkProblem.SearchDenied, Errno.EACCES, directory);
                return;
            }
        }
        if (name.AsSpan().SequenceEqual("."u8) || (_user is null && Unsafe is not null))
            return;
        var result = Open(name, out var opened);
        var location = Join(_at.Location, name);
        if (result >= 0)
            result = WalkPoint.Create(opened!, location, out var point) is < 0 and var failed ? failed : Arrive(point!);
        if (result < 0)
            NotThere((Errno)(-result), location);
    }

    private int Open(byte[] name, out Descriptor? opened)
    {
        if (_user is null && _pending.Count > 0)
        {
            // Opened as a directory, what is to be mounted there on demand is mounted, as by bind(2).
            var result = LibcWalk.OpenDirectory(_at.File, name, follow: false, out opened);
            if (result != -(int)Errno.ENOTDIR)
                return result;
        }
        return LibcWalk.Open(_at.File, name, follow: false, out opened);
    }

    /// <summary>Continues at the file that has the name; returns zero, or <c>-errno</c> when it could not be looked at.</summary>
    private int Arrive(WalkPoint point)
    {
        _points.Add(point);
        var isEnd = _pending.Count == 0;
        if (_forBind && isEnd)
        {
            Show(point, null);
            Found = point;
            return 0;
        }
        if (point.IsLink)
            return Follow(point, isEnd);
        var step = Show(point, null);
        if (point.IsDirectory)
            _at = point;
        else if (!isEnd || EndsInSlash)
            Stop(WalkProblem.NotADirectory, Errno.ENOTDIR, step);
        else
            Found = point;
        return 0;
    }

    private int Follow(WalkPoint link, bool isEnd)
    {
        var result = LibcWalk.ReadLink(link.File, out var target);
        var isProc = link.FileSystem.IsProc;
        // The kernel shows where a link into a process leads only to users who may look into that process.
        var isClosed = result == -(int)Errno.EACCES && isProc && (_isOwnUser || !MayLookInto(link));
        if (result < 0 && !isClosed)
            return result;
        var step = Show(link, isClosed ? null : PrintableText.Of(target));
        step.Asked = "follow";
        LastLink = step;
        IsOfOwnProcess |= isProc && (link.Location.AsSpan().EndsWith("/self"u8) || link.Location.AsSpan().EndsWith("/thread-self"u8));
        if (_links++ >= MostLinks)
            Stop(WalkProblem.TooManyLinks, Errno.ELOOP, step);
        else if (isEnd && _user is not null && !AccessCheck.MayFollow(_user, link.Status, _at.Status))
            Stop(WalkProblem.LinkNotTrusted, Errno.EACCES, step);
        else if (!link.FileSystem.FollowsLinks)
            Stop(WalkProblem.LinksForbidden, Errno.ELOOP, step);
        else if (isClosed)
            Stop(WalkProblem.ProcessClosed, Errno.EACCES, step);
        else if (IsOfOwnProcess && !_isOwnUser)
            Stop(WalkProblem.OtherProcess, Errno.None, step);
        else if (isProc && IsDirect(target))
            return Jump(link, step, isEnd);
        else if (target.Length == 0)
            Stop(WalkProblem.Missing, Errno.ENOENT, step);
        else
            return GoTo(target);
        return 0;
    }

    private int GoTo(byte[] target)
    {
        if (target[0] == (byte)'/')
        {
            var result = LibcFile.Open("/"u8, LibcFile.O_PATH, 0, out var root);
            if (result < 0 || !Enter(root!, "/"u8.ToArray(), out result))
                return result;
        }
        Push(target);
        return 0;
    }

    /// <summary>Lets the kernel follow a link of /proc that leads straight to a file, such as /proc/PID/root.</summary>
    private int Jump(WalkPoint link, PathStep step, bool isEnd)
    {
        if (!MayLookInto(link))
        {
            Stop(WalkProblem.ProcessClosed, Errno.EACCES, step);
            return 0;
        }
        var result = _user is null
            ? LibcWalk.OpenDirectory(_at.File, Name, follow: true, out var opened)
            : LibcWalk.Open(_at.File, Name, follow: true, out opened);
        if (result < 0)
            return result;
        if (WalkPoint.Create(opened!, link.Location, out var point) is < 0 and var failed)
            return failed;
        _points.Add(point!);
        AddMountsOf(link.Location);
        _jumps.Add(PrintableText.Of(link.Location));
        if (point!.IsDirectory)
        {
            _directories[PrintableText.Of(link.Location)] = Show(point, null);
            _at = point;
            CheckAbove();
        }
        else if (isEnd && !EndsInSlash)
        {
            Show(point, null);
            Found = point;
        }
        else
        {
            Stop(WalkProblem.NotADirectory, Errno.ENOTDIR, Show(point, null));
        }
        return 0;
    }

    /// <summary>Adds the mounts of the process whose link in /proc was followed.</summary>
    private void AddMountsOf(byte[] link)
    {
        var parts = PrintableText.Of(link).Split('/');
        if (parts is ["", "proc", var process, ..] && Numbers.TryParse(process, out int _))
            (_mounts ??= new MountTable()).AddFrom("/proc/" + process);
    }

    /// <summary>Judges the directory in which a name of a bind's path is looked up.</summary>
    private void CheckUnsafe(byte[] name)
    {
        // What ".." leads to is not a name that other users could give to another file.
        if (_forBind && Unsafe is null && !IsDots(name) && UnsafeDirectory.Is(_at.Status))
            Unsafe = new UnsafeDirectory(_at.KernelPath(), _at, IsLast: _pending.Count == 0);
    }

    /// <summary>Judges the directories above one that was not reached through them, as far as this process may see them.</summary>
    private void CheckAbove()
    {
        if (!_forBind || Unsafe is not null)
            return;
        var at = _at;
        while (true)
        {
            var result = LibcWalk.OpenDirectory(at.File, ".."u8, follow: false, out var opened);
            WalkPoint? above = null;
            if (result >= 0)
                result = WalkPoint.Create(opened!, at.Location, out above);
            if (above is null)
            {
                if (_user is null && result != -(int)Errno.EACCES)
                    Stop(WalkProblem.Refused, (Errno)(-result), StepOf(_at));
                return;
            }
            _above.Add(above);
            if (IsSame(at, above))
                return;
            if (UnsafeDirectory.Is(above.Status))
            {
                Unsafe = new UnsafeDirectory(above.KernelPath(), _at, IsLast: false);
                return;
            }
            at = above;
        }
    }

    // A directory can be mounted below itself: then what is above it is the same one, and not the top.
    private static bool IsSame(WalkPoint one, WalkPoint other) =>
        one.Status.Id == other.Status.Id && (one.Mount == 0 || other.Mount == 0 || one.Mount == other.Mount);

    private static bool IsDots(ReadOnlySpan<byte> name) => name.SequenceEqual("."u8) || name.SequenceEqual(".."u8);

    /// <summary>Whether a link of /proc leads straight to a file; other links lead to the name that they contain.</summary>
    private static bool IsDirect(ReadOnlySpan<byte> target) => target.IsEmpty || target[0] == (byte)'/' || target.Contains((byte)':');

    private bool MayLookInto(WalkPoint process) =>
        _user is null || _user.User == process.Status.User || _user.Has(Capability.TraceProcesses);

    private void NotThere(Errno errno, byte[] location)
    {
        var kind = errno == Errno.ENOENT ? FileKind.Missing : FileKind.Hidden;
        var problem = errno switch
        {
            Errno.ENOENT => WalkProblem.Missing,
            Errno.ENAMETOOLONG => WalkProblem.NameTooLong,
            Errno.EACCES when !_isOwnUser => WalkProblem.Hidden,
            _ => WalkProblem.Refused,
        };
        Stop(problem, errno, new PathStep(PrintableText.Of(location), kind));
    }

    private void Stop(WalkProblem problem, Errno errno, PathStep step)
    {
        (Problem, Errno) = (problem, errno);
        step.Errno = errno;
        if (!_steps.Contains(step))
            _steps.Add(step);
    }

    private bool Enter(Descriptor directory, byte[] location, out int result)
    {
        result = WalkPoint.Create(directory, location, out var point);
        if (point is null)
            return false;
        _points.Add(point);
        Show(point, null);
        _at = point;
        return true;
    }

    /// <summary>Adds a step, unless it is a directory that has one.</summary>
    private PathStep Show(WalkPoint point, string? linkTarget)
    {
        var location = PrintableText.Of(point.Location);
        if (_directories.TryGetValue(location, out var shown))
            return shown;
        PathStep step;
        if (_user is null)
        {
            step = new PathStep(location, point.Kind);
        }
        else
        {
            var isNewMount = _points.Count < 2 || _points[^2].Mount != point.Mount;
            step = point.Describe(linkTarget, isNewMount ? MountOf(point) : null);
        }
        _steps.Add(step);
        if (point.IsDirectory)
            _directories[location] = step;
        return step;
    }

    private void Push(ReadOnlySpan<byte> path)
    {
        if (_pending.Count == 0)
            EndsInSlash |= path.EndsWith("/"u8);
        var names = new List<byte[]>();
        foreach (var range in path.Split((byte)'/'))
        {
            if (!path[range].IsEmpty)
                names.Add(path[range].ToArray());
        }
        for (var i = names.Count - 1; i >= 0; i--)
            _pending.Push(names[i]);
    }

    private byte[] Join(byte[] directory, byte[] name)
    {
        var end = directory.AsSpan().LastIndexOf((byte)'/');
        // Above where such a link leads is not what is above the link.
        var isBeyond = directory.AsSpan().EndsWith("/.."u8) || _jumps.Contains(PrintableText.Of(directory));
        if (name.AsSpan().SequenceEqual(".."u8) && !isBeyond)
            return end > 0 ? directory[..end] : "/"u8.ToArray();
        return directory is [(byte)'/'] ? [.. directory, .. name] : [.. directory, (byte)'/', .. name];
    }

    /// <summary>The path of the working directory; a dot where it cannot be read.</summary>
    private static byte[] WorkingDirectory()
    {
        if (LibcFile.Open("/proc/self/cwd"u8, LibcFile.O_PATH | LibcFile.O_NOFOLLOW, 0, out var link) < 0)
            return "."u8.ToArray();
        using (link)
            return LibcWalk.ReadLink(link!, out var target) < 0 ? "."u8.ToArray() : target;
    }
}
