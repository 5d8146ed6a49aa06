using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>A file that the walk has come to, held so that what is said about it is about one file.</summary>
internal sealed class WalkPoint : IDisposable
{
    private WalkPoint(Descriptor file, byte[] location, FileStatus status)
    {
        File = file;
        Location = location;
        Status = status;
        Acl = status.Type == FileStatus.S_IFLNK ? null : PosixAcl.Of(file);
        _ = LibcWalk.Mount(file, out ulong mount, out bool isImmutable, out bool isAppendOnly);
        Mount = mount;
        IsImmutable = isImmutable;
        IsAppendOnly = isAppendOnly;
        _ = LibcWalk.FileSystem(file, out FileSystemStatus fileSystem);
        FileSystem = fileSystem;
    }

    /// <summary>Stands for the file without having opened it.</summary>
    public Descriptor File { get; }

    /// <summary>Its path with no link in it.</summary>
    public byte[] Location { get; }

    public FileStatus Status { get; }

    public PosixAcl? Acl { get; }

    public ulong Mount { get; }

    public bool IsImmutable { get; }

    public bool IsAppendOnly { get; }

    public FileSystemStatus FileSystem { get; }

    public bool IsDirectory => Status.Type == FileStatus.S_IFDIR;

    public bool IsLink => Status.Type == FileStatus.S_IFLNK;

    public bool IsSocket => Status.Type == FileStatus.S_IFSOCK;

    public UnixFileKind Kind => Status.Type switch
    {
        FileStatus.S_IFDIR => UnixFileKind.Directory,
        FileStatus.S_IFSOCK => UnixFileKind.Socket,
        FileStatus.S_IFLNK => UnixFileKind.SymbolicLink,
        FileStatus.S_IFIFO => UnixFileKind.Fifo,
        FileStatus.S_IFREG => UnixFileKind.RegularFile,
        _ => UnixFileKind.Device,
    };

    /// <summary>Takes the descriptor over, also when it fails; returns zero or <c>-errno</c>.</summary>
    public static int Create(Descriptor file, byte[] location, out WalkPoint? point)
    {
        int result = LibcFile.Status(file, out FileStatus status);
        point = result < 0 ? null : new WalkPoint(file, location, status);
        if (result < 0)
            file.Dispose();
        return result;
    }

    public AccessAnswer Judge(UnixUser user, AccessKinds wanted) => FileAccess.Judge(user, Status, Acl, wanted);

    /// <summary>How the walk shows it.</summary>
    public UnixPathStep Describe(string? linkTarget, MountRow? newMount) => new(SafeText.Of(Location), Kind)
    {
        UserId = Status.User,
        GroupId = Status.Group,
        Mode = (UnixFileMode)(Status.Mode & 0xFFF),
        Acl = Acl is null ? [] : [.. Acl.Entries.Where(e => e.Tag != AclTag.Owner).Select(e => AclPrinter.Print(e))],
        LinkTarget = linkTarget,
        FileSystem = newMount?.FileSystem,
        IsReadOnly = FileSystem.IsReadOnly,
    };

    public void Dispose() => File.Dispose();
}
