// getdents64(2): struct linux_dirent64.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Goes through what one call of getdents64 wrote.</summary>
internal ref struct DirectoryRecords(ReadOnlySpan<byte> records)
{
    public const byte DT_UNKNOWN = 0;
    public const byte DT_DIR = 4;
    public const byte DT_SOCK = 12;

    private const int LengthOffset = 16; // after d_ino and d_off
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    private ReadOnlySpan<byte> _rest = records;

    /// <summary>The name with its final NUL; nothing is said about what follows that.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The number of the file; on file systems of layers not always the one that stat shows.</summary>
    public ulong Inode { get; private set; }

    /// <summary>What kind of file it is, where the file system says so.</summary>
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
