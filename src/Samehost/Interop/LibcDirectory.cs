// openat(2), getdents64(2), readlinkat(2), read(2): going through many directories, such as those of /proc, without making a path of each.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Directories by descriptor. Names are bytes; those of parameters end with a NUL.</summary>
internal static unsafe partial class LibcDirectory
{
    private const int AT_FDCWD = -100;

    /// <summary>Opens a directory relative to another, or by path if that is null.</summary>
    public static int Open(Descriptor? below, ReadOnlySpan<byte> name, out Descriptor? directory) =>
        Open(below, name, LibcFile.O_DIRECTORY, out directory);

    /// <summary>Fills the buffer with records for <see cref="DirectoryRecords"/>; zero at the end.</summary>
    public static int List(Descriptor directory, Span<byte> records)
    {
        using var lease = new DescriptorLease(directory);
        fixed (byte* p = records)
            return (int)LibcResult.From(getdents64(lease.Fd, p, (nuint)records.Length));
    }

    /// <summary>Reads the target of a symbolic link; returns the number of bytes, truncated to the buffer.</summary>
    public static int ReadLink(in DescriptorLease directory, ReadOnlySpan<byte> name, Span<byte> target)
    {
        fixed (byte* n = name, t = target)
            return (int)LibcResult.From(readlinkat(directory.Fd, n, t, (nuint)target.Length));
    }

    /// <summary>Reads the beginning of a file.</summary>
    public static int ReadFile(Descriptor below, ReadOnlySpan<byte> name, Span<byte> content)
    {
        var result = Open(below, name, 0, out var file);
        if (result < 0)
            return result;
        using (file)
        {
            using var lease = new DescriptorLease(file!);
            fixed (byte* p = content)
                return (int)LibcResult.From(read(lease.Fd, p, (nuint)content.Length));
        }
    }

    private static int Open(Descriptor? below, ReadOnlySpan<byte> name, int flags, out Descriptor? opened)
    {
        int fd;
        fixed (byte* p = name)
        {
            if (below is null)
            {
                fd = OpenAt(AT_FDCWD, p, flags);
            }
            else
            {
                using var lease = new DescriptorLease(below);
                fd = OpenAt(lease.Fd, p, flags);
            }
        }
        opened = fd >= 0 ? new Descriptor(fd) : null;
        return fd;
    }

    private static int OpenAt(int directory, byte* name, int flags)
    {
        int fd;
        do fd = LibcResult.From(openat(directory, name, LibcFile.O_RDONLY | LibcFile.O_CLOEXEC | flags, 0));
        while (fd == -LibcResult.EINTR);
        return fd;
    }

    [LibraryImport("libc")]
    private static partial int openat(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial nint getdents64(int fd, byte* records, nuint size);

    [LibraryImport("libc")]
    private static partial nint readlinkat(int directory, byte* path, byte* target, nuint size);

    [LibraryImport("libc")]
    private static partial nint read(int fd, byte* buffer, nuint count);
}

/// <summary>Enumerates the records of one call of getdents64.</summary>
internal ref struct DirectoryRecords(ReadOnlySpan<byte> records)
{
    public const byte DT_UNKNOWN = 0;
    public const byte DT_DIR = 4;
    public const byte DT_SOCK = 12;

    private const int LengthOffset = 16; // after d_ino and d_off
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    private ReadOnlySpan<byte> _rest = records;

    /// <summary>The name with its final NUL, and arbitrary bytes after that.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The inode number; on layered file systems not always that of stat.</summary>
    public ulong Inode { get; private set; }

    /// <summary>The type of the file, if the file system reports it.</summary>
    public byte Type { get; private set; }

    public bool Next()
    {
        if (_rest.Length <= NameOffset)
            return false;
        int length = MemoryMarshal.Read<ushort>(_rest[LengthOffset..]);
        Name = _rest[NameOffset..length];
        Type = _rest[TypeOffset];
        Inode = MemoryMarshal.Read<ulong>(_rest);
        _rest = _rest[length..];
        return true;
    }
}
