// inode(7): what a file is and which one it is.
namespace Samehost.Interop;

/// <summary>Which file: two equal ids name one inode for as long as something keeps it from being freed.</summary>
internal readonly record struct FileId(uint DeviceMajor, uint DeviceMinor, ulong Inode);

/// <summary>The part of a file's status that is used here.</summary>
internal readonly record struct FileStatus(FileId Id, uint Mode, uint User, uint Group, ulong Size)
{
    public const uint S_IFMT = 0xF000;
    public const uint S_IFSOCK = 0xC000;
    public const uint S_IFLNK = 0xA000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_ISVTX = 0x200;
    public const uint S_IWOTH = 2;

    public uint Type => Mode & S_IFMT;

    public uint Permissions => Mode & 0x1FF;
}
