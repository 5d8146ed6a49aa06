namespace Samehost.Diagnostics;

/// <summary>What stands at a step of a path (inode(7)).</summary>
public enum UnixFileKind
{
    /// <summary>Nothing does.</summary>
    Missing,

    /// <summary>It cannot be seen from this process.</summary>
    Hidden,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A socket file.</summary>
    Socket,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A regular file.</summary>
    RegularFile,

    /// <summary>A named pipe.</summary>
    Fifo,

    /// <summary>A character or block device.</summary>
    Device,
}
