// open(2), statx(2), fchmod(2), chmod(2), fchownat(2), unlink(2).
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Files by path and by descriptor. Paths are bytes without the closing NUL.</summary>
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

    /// <summary>Opens close-on-exec; <paramref name="mode"/> counts only with <see cref="O_CREAT"/>.</summary>
    public static int Open(ReadOnlySpan<byte> path, int flags, uint mode, out Descriptor? opened)
    {
        Span<byte> text = Terminated(path, stackalloc byte[256]);
        int fd;
        fixed (byte* p = text)
        {
            do fd = LibcResult.From(open(p, flags | O_CLOEXEC, mode));
            while (fd == -LibcResult.EINTR);
        }
        opened = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    /// <summary>What is at a path; a symbolic link in the last place is itself the answer (lstat).</summary>
    public static int LinkStatus(ReadOnlySpan<byte> path, out FileStatus status) =>
        Status(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, out status);

    /// <summary>What is at a path, symbolic links followed (stat).</summary>
    public static int Status(ReadOnlySpan<byte> path, out FileStatus status) => Status(AT_FDCWD, path, 0, out status);

    /// <summary>What a descriptor stands for (fstat); it may be an O_PATH descriptor or a socket.</summary>
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

    /// <summary>chmod(2), which follows symbolic links: only for paths below /proc/self/fd, which lead to one inode.</summary>
    public static int ChangeMode(ReadOnlySpan<byte> path, uint mode)
    {
        Span<byte> text = Terminated(path, stackalloc byte[256]);
        fixed (byte* p = text)
            return LibcResult.From(chmod(p, mode));
    }

    /// <summary>Gives the file that an O_PATH descriptor stands for to a group; its user stays.</summary>
    public static int ChangeGroup(Descriptor file, uint group)
    {
        using var lease = new DescriptorLease(file);
        byte empty = 0;
        return LibcResult.From(fchownat(lease.Fd, &empty, uint.MaxValue, group, AT_EMPTY_PATH));
    }

    public static int Unlink(ReadOnlySpan<byte> path)
    {
        Span<byte> text = Terminated(path, stackalloc byte[256]);
        fixed (byte* p = text)
            return LibcResult.From(unlink(p));
    }

    private static int Status(int directory, ReadOnlySpan<byte> path, int flags, out FileStatus status)
    {
        Span<byte> text = Terminated(path, stackalloc byte[256]);
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
        Span<byte> text = path.Length < buffer.Length ? buffer[..(path.Length + 1)] : new byte[path.Length + 1];
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
