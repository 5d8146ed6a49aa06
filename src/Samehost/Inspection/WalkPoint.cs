using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>What stands at a step of a path (inode(7)).</summary>
internal enum FileKind
{
    Missing,
    Hidden,
    Directory,
    Socket,
    SymbolicLink,
    RegularFile,
    Fifo,
    Device,
}

/// <summary>One step of a path walk: the file, and whether the user gets past it. Every text is printable.</summary>
internal sealed class PathStep(string path, FileKind kind)
{
    /// <summary>Where the step stands, symbolic links before it followed.</summary>
    public string Path => path;

    public FileKind Kind => kind;

    /// <summary>Owner, group and mode; null if the file does not exist or cannot be seen.</summary>
    public FileStatus? Status { get; init; }

    /// <summary>The entries of the access control list as getfacl(1) prints them, without the owner's.</summary>
    public IReadOnlyList<string> Acl { get; init; } = [];

    public string? LinkTarget { get; init; }

    /// <summary>The type of the file system, where another begins at this step.</summary>
    public string? FileSystem { get; init; }

    public bool IsReadOnly { get; init; }

    /// <summary>The access that the walk needs: <c>search</c>, <c>write</c>, <c>follow</c>; null when none.</summary>
    public string? Asked { get; set; }

    /// <summary>The rule that grants or denies it.</summary>
    public string? Rule { get; set; }

    /// <summary>What the call would fail with here.</summary>
    public Errno Errno { get; set; }

    /// <summary>What a kind of file is called in a sentence.</summary>
    public static string Noun(FileKind kind) => kind switch
    {
        FileKind.Directory => "a directory",
        FileKind.Socket => "a socket file",
        FileKind.SymbolicLink => "a symbolic link",
        FileKind.RegularFile => "a regular file",
        FileKind.Fifo => "a named pipe",
        FileKind.Device => "a device",
        _ => "nothing that can be seen",
    };
}

/// <summary>A file that a path walk has reached, held by a descriptor so that everything reported about it is about one file.</summary>
internal sealed class WalkPoint : IDisposable
{
    private bool _hasAcl;
    private MountStatus? _mount;
    private FileSystemStatus? _fileSystem;

    private WalkPoint(Descriptor file, byte[] location, FileStatus status)
    {
        File = file;
        Location = location;
        Status = status;
    }

    /// <summary>Stands for the file without having opened it (O_PATH).</summary>
    public Descriptor File { get; }

    /// <summary>The path of the file with no link in it.</summary>
    public byte[] Location { get; }

    public FileStatus Status { get; }

    public PosixAcl? Acl
    {
        get
        {
            if (!_hasAcl)
            {
                field = IsLink ? null : PosixAcl.Of(File);
                _hasAcl = true;
            }
            return field;
        }
    }

    /// <summary>The number of the mount in /proc/self/mountinfo.</summary>
    public ulong Mount => MountStatus.Id;

    public bool IsImmutable => MountStatus.IsImmutable;

    public bool IsAppendOnly => MountStatus.IsAppendOnly;

    /// <summary>Whether the file was removed: only mounts, descriptors and working directories have it still.</summary>
    public bool IsRemoved => Status.Links == 0 && KernelPath().AsSpan().EndsWith(" (deleted)"u8);

    public FileSystemStatus FileSystem
    {
        get
        {
            if (_fileSystem is null)
            {
                _ = LibcWalk.FileSystem(File, out var status);
                _fileSystem = status;
            }
            return _fileSystem.Value;
        }
    }

    public bool IsDirectory => Status.Type == FileStatus.S_IFDIR;

    public bool IsLink => Status.Type == FileStatus.S_IFLNK;

    public bool IsSocket => Status.Type == FileStatus.S_IFSOCK;

    public FileKind Kind => KindOf(Status);

    public static FileKind KindOf(in FileStatus status) => status.Type switch
    {
        FileStatus.S_IFDIR => FileKind.Directory,
        FileStatus.S_IFSOCK => FileKind.Socket,
        FileStatus.S_IFLNK => FileKind.SymbolicLink,
        FileStatus.S_IFIFO => FileKind.Fifo,
        FileStatus.S_IFREG => FileKind.RegularFile,
        _ => FileKind.Device,
    };

    /// <summary>Takes ownership of the descriptor, also when it fails; returns zero or <c>-errno</c>.</summary>
    public static int Create(Descriptor file, byte[] location, out WalkPoint? point)
    {
        var result = LibcFile.Status(file, out var status);
        point = result < 0 ? null : new WalkPoint(file, location, status);
        if (result < 0)
            file.Dispose();
        return result;
    }

    public AccessAnswer Judge(FileCredentials user, AccessKinds wanted) => AccessCheck.Judge(user, Status, Acl, wanted);

    /// <summary>The path of the file as the kernel reports it; without /proc, the path by which the walk has reached it.</summary>
    public byte[] KernelPath()
    {
        var link = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{File.Number}"));
        if (LibcFile.Open(link, LibcFile.O_PATH | LibcFile.O_NOFOLLOW, 0, out var opened) < 0)
            return Location;
        using (opened)
            return LibcWalk.ReadLink(opened!, out var target) < 0 || target.Length == 0 ? Location : target;
    }

    /// <summary>The step that reports this file.</summary>
    public PathStep Describe(string? linkTarget, MountRow? newMount) => new(PrintableText.Of(Location), Kind)
    {
        Status = Status,
        Acl = Acl is null ? [] : [.. Acl.Entries.Where(e => e.Tag != AclTag.Owner).Select(PosixAcl.Print)],
        LinkTarget = linkTarget,
        FileSystem = newMount?.FileSystem,
        IsReadOnly = FileSystem.IsReadOnly,
    };

    /// <summary>Whether the file itself is mounted in a directory, such as a single file that a container is given.</summary>
    public bool IsMounted(WalkPoint directory) => MountStatus.IsRoot ?? Mount != directory.Mount;

    public void Dispose() => File.Dispose();

    private MountStatus MountStatus
    {
        get
        {
            if (_mount is null)
            {
                _ = LibcWalk.Mount(File, out var status);
                _mount = status;
            }
            return _mount.Value;
        }
    }
}
