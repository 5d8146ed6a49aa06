// openat(2), readlinkat(2), statx(2), fstatfs(2), getxattr(2): a path step by step, with what decides at each step.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Samehost.Interop;

/// <summary>What the file system of a file allows where it is mounted, and whether it has space for another file.</summary>
internal readonly record struct FileSystemStatus(bool IsProc, bool IsSockets, bool IsReadOnly, bool FollowsLinks, bool IsFull);

/// <summary>The mount of a file.</summary>
/// <param name="Id">Its number as /proc/self/mountinfo has it.</param>
/// <param name="IsRoot">Whether the file itself is what is mounted; null where the kernel does not report it (before Linux 5.8).</param>
/// <param name="IsImmutable">Whether the file is immutable (chattr +i).</param>
/// <param name="IsAppendOnly">Whether nothing may be taken away from the file (chattr +a).</param>
internal readonly record struct MountStatus(ulong Id, bool? IsRoot, bool IsImmutable, bool IsAppendOnly);

/// <summary>Walking by descriptors that stand for files without opening them. Names are bytes without the closing NUL.</summary>
internal static unsafe partial class LibcWalk
{
    private const long PROC_SUPER_MAGIC = 0x9fa0;
    private const long SOCKFS_MAGIC = 0x534f434b;

    private const ulong ST_NOSYMFOLLOW = 0x2000;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_MNT_ID = 0x1000;
    private const ulong STATX_ATTR_IMMUTABLE = 0x10;
    private const ulong STATX_ATTR_APPEND = 0x20;
    private const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;
    private const ulong ST_RDONLY = 1;
    private const int LargestLink = 4096; // PATH_MAX
    private const int LargestAttribute = 65536; // XATTR_SIZE_MAX

    /// <summary>Stands for the entry of that name in a directory; a symbolic link there is followed only if asked for.</summary>
    public static int Open(Descriptor directory, ReadOnlySpan<byte> name, bool follow, out Descriptor? opened) =>
        Open(directory, name, follow ? 0 : LibcFile.O_NOFOLLOW, out opened);

    /// <summary>Stands for the directory of that name in another one; ENOTDIR for anything else, which a symbolic link is as well unless
    /// it is followed. What is to be mounted there on demand is mounted.</summary>
    public static int OpenDirectory(Descriptor directory, ReadOnlySpan<byte> name, bool follow, out Descriptor? opened) =>
        Open(directory, name, LibcFile.O_DIRECTORY | (follow ? 0 : LibcFile.O_NOFOLLOW), out opened);

    private static int Open(Descriptor directory, ReadOnlySpan<byte> name, int how, out Descriptor? opened)
    {
        using var lease = new DescriptorLease(directory);
        var flags = LibcFile.O_PATH | LibcFile.O_CLOEXEC | how;
        int fd;
        fixed (byte* p = (byte[])[.. name, 0])
        {
            do fd = LibcResult.From(openat(lease.Fd, p, flags, 0));
            while (fd == -LibcResult.EINTR);
        }
        opened = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    /// <summary>What a symbolic link says, given the descriptor that stands for the link itself; or <c>-errno</c>.</summary>
    public static int ReadLink(Descriptor link, out byte[] target)
    {
        using var lease = new DescriptorLease(link);
        var buffer = new byte[LargestLink];
        byte empty = 0;
        nint length;
        fixed (byte* b = buffer)
            length = LibcResult.From(readlinkat(lease.Fd, &empty, b, (nuint)buffer.Length));
        target = length > 0 ? buffer[..(int)length] : [];
        return (int)Math.Min(length, 0);
    }

    /// <summary>The mount of the file that a descriptor stands for, and its attributes.</summary>
    public static int Mount(Descriptor file, out MountStatus mount)
    {
        using var lease = new DescriptorLease(file);
        byte empty = 0;
        Statx status;
        var result = LibcResult.From(statx(lease.Fd, &empty, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &status));
        mount = result < 0 ? default : new MountStatus(
            status.MountId,
            (status.KnownAttributes & STATX_ATTR_MOUNT_ROOT) == 0 ? null : (status.Attributes & STATX_ATTR_MOUNT_ROOT) != 0,
            (status.Attributes & STATX_ATTR_IMMUTABLE) != 0,
            (status.Attributes & STATX_ATTR_APPEND) != 0);
        return result;
    }

    public static int FileSystem(Descriptor file, out FileSystemStatus status)
    {
        using var lease = new DescriptorLease(file);
        Statfs raw;
        var result = LibcResult.From(fstatfs(lease.Fd, &raw));
        status = result < 0 ? default : new FileSystemStatus(
            raw.Type == PROC_SUPER_MAGIC,
            raw.Type == SOCKFS_MAGIC,
            (raw.Flags & ST_RDONLY) != 0,
            (raw.Flags & ST_NOSYMFOLLOW) == 0,
            raw.Files > 0 && raw.FilesFree == 0);
        return result;
    }

    /// <summary>An extended attribute of the file itself; empty when it has none. Returns zero or <c>-errno</c>.</summary>
    public static int Attribute(Descriptor file, string name, out byte[] value)
    {
        using var lease = new DescriptorLease(file);
        // A descriptor that only stands for a file has no attributes of its own to the kernel; by this path they are the file's.
        var path = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{lease.Fd}\0"));
        var attribute = Encoding.ASCII.GetBytes(name + '\0');
        var buffer = new byte[LargestAttribute];
        nint length;
        fixed (byte* p = path, a = attribute, b = buffer)
            length = LibcResult.From(getxattr(p, a, b, (nuint)buffer.Length));
        value = length > 0 ? buffer[..(int)length] : [];
        return (int)Math.Min(length, 0);
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(8)] public ulong Attributes;
        [FieldOffset(56)] public ulong KnownAttributes;
        [FieldOffset(144)] public ulong MountId;
    }

    // The layout of 64-bit systems, which are all that .NET runs on here.
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    private struct Statfs
    {
        [FieldOffset(0)] public long Type;
        [FieldOffset(40)] public ulong Files;
        [FieldOffset(48)] public ulong FilesFree;
        [FieldOffset(80)] public ulong Flags;
    }

    [LibraryImport("libc")]
    private static partial int openat(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial nint readlinkat(int directory, byte* path, byte* buffer, nuint size);

    [LibraryImport("libc")]
    private static partial int statx(int directory, byte* path, int flags, uint mask, Statx* result);

    [LibraryImport("libc")]
    private static partial int fstatfs(int file, Statfs* result);

    [LibraryImport("libc")]
    private static partial nint getxattr(byte* path, byte* name, byte* value, nuint size);
}
