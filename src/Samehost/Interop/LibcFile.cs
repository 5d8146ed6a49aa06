// open(2), statx(2), inode(7), fchmod(2), chmod(2), fchownat(2), unlink(2), rename(2), flock(2), memfd_create(2): files.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Files by path and by descriptor. Paths are bytes without a final NUL.</summary>
internal static unsafe partial class LibcFile
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NOCTTY = 0x100;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    // The only two of these flags that are not the same number everywhere: ARM has its own.
    public static readonly int O_DIRECTORY = IsArm ? 0x4000 : 0x10000;
    public static readonly int O_NOFOLLOW = IsArm ? 0x8000 : 0x20000;

    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_BASIC_STATS = 0x7ff;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>Opens close-on-exec; <paramref name="mode"/> is used with <see cref="O_CREAT"/> only.</summary>
    public static int Open(ReadOnlySpan<byte> path, int flags, uint mode, out Descriptor? opened)
    {
        var text = Terminated(path, stackalloc byte[256]);
        int fd;
        fixed (byte* p = text)
        {
            do fd = LibcResult.From(open(p, flags | O_CLOEXEC, mode));
            while (fd == -LibcResult.EINTR);
        }
        opened = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    /// <summary>Reads the status of a file or of the symbolic link at a path (lstat).</summary>
    public static int LinkStatus(ReadOnlySpan<byte> path, out FileStatus status) =>
        Status(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, out status);

    /// <summary>Reads the status of the file at a path, following symbolic links (stat).</summary>
    public static int Status(ReadOnlySpan<byte> path, out FileStatus status) => Status(AT_FDCWD, path, 0, out status);

    /// <summary>Reads the status of the file of a descriptor (fstat), which may be an O_PATH descriptor or a socket.</summary>
    public static int Status(Descriptor file, out FileStatus status)
    {
        using var lease = new DescriptorLease(file);
        return Status(lease.Fd, default, AT_EMPTY_PATH, out status);
    }

    public static int ChangeMode(Descriptor file, uint mode)
    {
        using var lease = new DescriptorLease(file);
        return LibcResult.From(fchmod(lease.Fd, mode));
    }

    /// <summary>chmod(2), which follows symbolic links: only for paths in /proc/self/fd, which refer to one inode.</summary>
    public static int ChangeMode(ReadOnlySpan<byte> path, uint mode)
    {
        var text = Terminated(path, stackalloc byte[256]);
        fixed (byte* p = text)
            return LibcResult.From(chmod(p, mode));
    }

    /// <summary>Changes the group of the file of an O_PATH descriptor.</summary>
    public static int ChangeGroup(Descriptor file, uint group)
    {
        using var lease = new DescriptorLease(file);
        byte empty = 0;
        return LibcResult.From(fchownat(lease.Fd, &empty, uint.MaxValue, group, AT_EMPTY_PATH));
    }

    public static int Unlink(ReadOnlySpan<byte> path)
    {
        var text = Terminated(path, stackalloc byte[256]);
        fixed (byte* p = text)
            return LibcResult.From(unlink(p));
    }

    private static int Status(int directory, ReadOnlySpan<byte> path, int flags, out FileStatus status)
    {
        var text = Terminated(path, stackalloc byte[256]);
        Statx raw;
        int result;
        fixed (byte* p = text)
            result = LibcResult.From(statx(directory, p, flags, STATX_BASIC_STATS, &raw));
        status = result < 0 ? default : new FileStatus(
            new FileId(raw.DeviceMajor, raw.DeviceMinor, raw.Inode), raw.Mode, raw.User, raw.Group, raw.Size, raw.Links);
        return result;
    }

    private static Span<byte> Terminated(ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        var text = path.Length < buffer.Length ? buffer[..(path.Length + 1)] : new byte[path.Length + 1];
        path.CopyTo(text);
        text[^1] = 0;
        return text;
    }

    /// <summary>The fields of <c>struct statx</c> that are read here; its layout is the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(16)] public uint Links;
        [FieldOffset(20)] public uint User;
        [FieldOffset(24)] public uint Group;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    [LibraryImport("libc")]
    private static partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int statx(int directory, byte* path, int flags, uint mask, Statx* result);

    [LibraryImport("libc")]
    private static partial int fchmod(int fd, uint mode);

    [LibraryImport("libc")]
    private static partial int chmod(byte* path, uint mode);

    [LibraryImport("libc")]
    private static partial int fchownat(int directory, byte* path, uint user, uint group, int flags);

    [LibraryImport("libc")]
    private static partial int unlink(byte* path);
}

/// <summary>Identifies a file: equal ids are the same inode as long as it is not freed.</summary>
internal readonly record struct FileId(uint DeviceMajor, uint DeviceMinor, ulong Inode);

/// <summary>The part of the status of a file that is used here.</summary>
internal readonly record struct FileStatus(FileId Id, uint Mode, uint User, uint Group, ulong Size, uint Links)
{
    public const uint S_IFMT = 0xF000;
    public const uint S_IFSOCK = 0xC000;
    public const uint S_IFLNK = 0xA000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFIFO = 0x1000;
    public const uint S_IFCHR = 0x2000;
    public const uint S_IFBLK = 0x6000;
    public const uint S_ISVTX = 0x200;
    public const uint S_IWOTH = 2;

    public uint Type => Mode & S_IFMT;

    public uint Permissions => Mode & 0x1FF;
}

/// <summary>Renames files. Paths are bytes without a final NUL.</summary>
internal static unsafe partial class LibcRename
{
    private const int AT_FDCWD = -100;
    private const uint RENAME_NOREPLACE = 1;
    private const uint RENAME_EXCHANGE = 2;

    /// <summary>Renames, replacing an existing file.</summary>
    public static int Replace(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => Rename(from, to, 0);

    /// <summary>Renames; <c>-EEXIST</c> if the target exists, <c>-EINVAL</c> if the file system does not support it.</summary>
    public static int Move(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => Rename(from, to, RENAME_NOREPLACE);

    /// <summary>Swaps two files; <c>-ENOENT</c> if one does not exist, <c>-EINVAL</c> if the file system does not support it.</summary>
    public static int Exchange(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => Rename(one, other, RENAME_EXCHANGE);

    private static int Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, uint flags)
    {
        byte[] source = [.. from, 0], target = [.. to, 0];
        fixed (byte* s = source, t = target)
            return LibcResult.From(renameat2(AT_FDCWD, s, AT_FDCWD, t, flags));
    }

    [LibraryImport("libc")]
    private static partial int renameat2(int fromDirectory, byte* from, int toDirectory, byte* to, uint flags);
}

/// <summary>Advisory locks of files, which end with the open file description, also if the process is killed.</summary>
internal static partial class LibcLock
{
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;

    /// <summary>Locks, or returns <c>-EAGAIN</c> (EWOULDBLOCK) at once; closing the descriptor unlocks.</summary>
    public static int TryLock(Descriptor file)
    {
        using var lease = new DescriptorLease(file);
        int result;
        do result = LibcResult.From(flock(lease.Fd, LOCK_EX | LOCK_NB));
        while (result == -LibcResult.EINTR);
        return result;
    }

    [LibraryImport("libc")]
    private static partial int flock(int fd, int operation);
}

/// <summary>Memory with a descriptor.</summary>
internal static partial class LibcMemory
{
    private const int F_GET_SEALS = 1034;

    /// <summary>Returns true for memory from memfd_create: it supports seals, as only files on tmpfs do otherwise, and has no link in any
    /// directory.</summary>
    public static bool IsMemory(Descriptor descriptor)
    {
        using var lease = new DescriptorLease(descriptor);
        var seals = LibcResult.From(fcntl(lease.Fd, F_GET_SEALS, 0));
        return seals >= 0 && LibcFile.Status(descriptor, out var status) >= 0 && status.Links == 0;
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, int argument);
}
