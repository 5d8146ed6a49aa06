using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>
/// Follows a path as the kernel does (path_resolution(7)), step by step and for any user: what is there is seen with the rights of this
/// process, whether the user gets past it is worked out from owner, mode, access control list and capabilities.
/// </summary>
internal sealed class PathWalk : IDisposable
{
    private const int MostLinks = 40; // MAXSYMLINKS

    private readonly UnixUser _user;
    private readonly bool _isOwnUser;
    private readonly bool _forBind;
    private readonly MountTable _mounts = new();
    private readonly List<WalkPoint> _points = [];
    private readonly List<UnixPathStep> _steps = [];
    private readonly Dictionary<string, UnixPathStep> _directories = [];
    private readonly HashSet<string> _jumps = [];
    private readonly Stack<byte[]> _pending = [];
    private WalkPoint _at = null!;
    private int _links;

    private PathWalk(UnixUser user, bool forBind)
    {
        _user = user;
        _forBind = forBind;
        _isOwnUser = user.IsSameAs(UnixUser.Current);
    }

    public IReadOnlyList<UnixPathStep> Steps => _steps;

    public WalkProblem Problem { get; private set; }

    public Errno Errno { get; private set; }

    /// <summary>The step at which it ended.</summary>
    public UnixPathStep Last => _steps[^1];

    /// <summary>What the path leads to; null when something was in the way. For a bind it is what has the wanted name already.</summary>
    public WalkPoint? Found { get; private set; }

    /// <summary>The directory that was the last to be looked into.</summary>
    public WalkPoint Directory => _at;

    /// <summary>What the directory does not have, or what could not be looked at.</summary>
    public byte[] Name { get; private set; } = [];

    /// <summary>Whether what is missing was the last part of the path.</summary>
    public bool IsLastName => _pending.Count == 0;

    /// <summary>Whether the path, or the link at its end, ends in a slash: only a directory can be there.</summary>
    public bool EndsInSlash { get; private set; }

    /// <summary>Whether it leads through /proc/self, which is another place for each process that goes there.</summary>
    public bool IsOfOwnProcess { get; private set; }

    /// <summary>The link that led to where the walk ended; null when the path itself did.</summary>
    public UnixPathStep? LastLink { get; private set; }

    /// <summary>The row of a file that the walk has come through or to.</summary>
    public UnixPathStep StepOf(WalkPoint point) => _directories.GetValueOrDefault(SafeText.Of(point.Location)) ?? Last;

    /// <summary>What the walk has come through or to; null when it has not come to that file.</summary>
    public WalkPoint? PointOf(FileId file) => _points.Find(point => point.Status.Id == file);

    public MountRow? MountOf(WalkPoint point) => _mounts.Find(point.Mount);

    /// <summary>Walks to what connect(2) would find: links are followed, the last one too.</summary>
    public static PathWalk ToTarget(ReadOnlySpan<byte> path, UnixUser user) => Start(path, user, forBind: false);

    /// <summary>Walks to where bind(2) would make a file: the last name is not followed.</summary>
    public static PathWalk ToPlace(ReadOnlySpan<byte> path, UnixUser user) => Start(path, user, forBind: true);

    public void Dispose() => _points.ForEach(point => point.Dispose());

    private static PathWalk Start(ReadOnlySpan<byte> path, UnixUser user, bool forBind)
    {
        var walk = new PathWalk(user, forBind);
        bool isRelative = path.IsEmpty || path[0] != (byte)'/';
        int result = LibcFile.Open(isRelative ? "."u8 : "/"u8, LibcFile.O_PATH, 0, out Descriptor? start);
        if (result < 0 || !walk.Enter(start!, isRelative ? ProcLink.WorkingDirectory() : "/"u8.ToArray(), out result))
        {
            // The working directory itself was removed, or is out of reach.
            walk.Stop(WalkProblem.Refused, (Errno)(-result), new UnixPathStep(".", UnixFileKind.Hidden));
            return walk;
        }
        walk.Push(path);
        walk.Run();
        return walk;
    }

    private void Run()
    {
        while (Problem == WalkProblem.None && Found is null)
        {
            if (_pending.Count == 0)
            {
                Found = _at; // the path ended in a directory
                return;
            }
            Next(_pending.Pop());
        }
    }

    private void Next(byte[] name)
    {
        Name = name;
        UnixPathStep directory = _directories[SafeText.Of(_at.Location)];
        AccessAnswer search = _at.Judge(_user, AccessKinds.Search);
        (directory.Asked, directory.Rule) = ("search", search.Rule);
        if (!search.Granted)
        {
            Stop(WalkProblem.SearchDenied, Errno.EACCES, directory);
            return;
        }
        if (name.AsSpan().SequenceEqual("."u8))
            return;
        int result = LibcWalk.Open(_at.File, name, follow: false, out Descriptor? opened);
        byte[] location = Join(_at.Location, name);
        if (result >= 0)
            result = WalkPoint.Create(opened!, location, out WalkPoint? point) is < 0 and var failed ? failed : Arrive(point!);
        if (result < 0)
            NotThere((Errno)(-result), location);
    }

    /// <summary>Deals with what has a name; returns zero, or <c>-errno</c> when it could not be looked at.</summary>
    private int Arrive(WalkPoint point)
    {
        _points.Add(point);
        bool isEnd = _pending.Count == 0;
        if (_forBind && isEnd)
        {
            Show(point, null);
            Found = point;
            return 0;
        }
        if (point.IsLink)
            return Follow(point, isEnd);
        UnixPathStep step = Show(point, null);
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
        int result = LibcWalk.ReadLink(link.File, out byte[] target);
        bool isProc = link.FileSystem.IsProc;
        // The kernel says where a link into a process leads only to who may look into that process.
        bool isClosed = result == -(int)Errno.EACCES && isProc && (_isOwnUser || !MayLookInto(link));
        if (result < 0 && !isClosed)
            return result;
        UnixPathStep step = Show(link, isClosed ? null : SafeText.Of(target));
        step.Asked = "follow";
        LastLink = step;
        IsOfOwnProcess |= isProc && ProcLink.IsSelf(link.Location);
        if (_links++ >= MostLinks)
            Stop(WalkProblem.TooManyLinks, Errno.ELOOP, step);
        else if (isEnd && !LinkTrust.Allows(_user, link, _at))
            Stop(WalkProblem.LinkNotTrusted, Errno.EACCES, step);
        else if (!link.FileSystem.FollowsLinks)
            Stop(WalkProblem.LinksForbidden, Errno.ELOOP, step);
        else if (isClosed)
            Stop(WalkProblem.ProcessClosed, Errno.EACCES, step);
        else if (IsOfOwnProcess && !_isOwnUser)
            Stop(WalkProblem.OtherProcess, Errno.None, step);
        else if (isProc && ProcLink.IsDirect(target))
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
            int result = LibcFile.Open("/"u8, LibcFile.O_PATH, 0, out Descriptor? root);
            if (result < 0 || !Enter(root!, "/"u8.ToArray(), out result))
                return result;
        }
        Push(target);
        return 0;
    }

    /// <summary>A link of /proc that is no text but leads straight to a file, such as /proc/PID/root.</summary>
    private int Jump(WalkPoint link, UnixPathStep step, bool isEnd)
    {
        if (!MayLookInto(link))
        {
            Stop(WalkProblem.ProcessClosed, Errno.EACCES, step);
            return 0;
        }
        int result = LibcWalk.Open(_at.File, Name, follow: true, out Descriptor? opened);
        if (result < 0)
            return result;
        if (WalkPoint.Create(opened!, link.Location, out WalkPoint? point) is < 0 and var failed)
            return failed;
        _points.Add(point!);
        _jumps.Add(SafeText.Of(link.Location));
        if (point!.IsDirectory)
        {
            _directories[SafeText.Of(link.Location)] = Show(point, null);
            _at = point;
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

    private bool MayLookInto(WalkPoint process) =>
        _user.UserId == process.Status.User || _user.Has(Capability.TracesProcesses);

    private void NotThere(Errno errno, byte[] location)
    {
        UnixFileKind kind = errno == Errno.ENOENT ? UnixFileKind.Missing : UnixFileKind.Hidden;
        WalkProblem problem = errno switch
        {
            Errno.ENOENT => WalkProblem.Missing,
            Errno.ENAMETOOLONG => WalkProblem.NameTooLong,
            Errno.EACCES when !_isOwnUser => WalkProblem.Hidden,
            _ => WalkProblem.Refused,
        };
        Stop(problem, errno, new UnixPathStep(SafeText.Of(location), kind));
    }

    private void Stop(WalkProblem problem, Errno errno, UnixPathStep step)
    {
        (Problem, Errno) = (problem, errno);
        step.Errno = errno;
        if (!_steps.Contains(step))
            _steps.Add(step);
    }

    private bool Enter(Descriptor directory, byte[] location, out int result)
    {
        result = WalkPoint.Create(directory, location, out WalkPoint? point);
        if (point is null)
            return false;
        _points.Add(point);
        Show(point, null);
        _at = point;
        return true;
    }

    /// <summary>Adds a row, unless it is a directory that has one.</summary>
    private UnixPathStep Show(WalkPoint point, string? linkTarget)
    {
        string location = SafeText.Of(point.Location);
        if (_directories.TryGetValue(location, out UnixPathStep? shown))
            return shown;
        bool isNewMount = _points.Count < 2 || _points[^2].Mount != point.Mount;
        UnixPathStep step = point.Describe(linkTarget, isNewMount ? MountOf(point) : null);
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
        foreach (Range range in path.Split((byte)'/'))
        {
            if (!path[range].IsEmpty)
                names.Add(path[range].ToArray());
        }
        for (int i = names.Count - 1; i >= 0; i--)
            _pending.Push(names[i]);
    }

    private byte[] Join(byte[] directory, byte[] name)
    {
        int end = directory.AsSpan().LastIndexOf((byte)'/');
        // Above where such a link leads is not what is above the link.
        bool isBeyond = directory.AsSpan().EndsWith("/.."u8) || _jumps.Contains(SafeText.Of(directory));
        if (name.AsSpan().SequenceEqual(".."u8) && !isBeyond)
            return end > 0 ? directory[..end] : "/"u8.ToArray();
        return directory is [(byte)'/'] ? [.. directory, .. name] : [.. directory, (byte)'/', .. name];
    }
}
