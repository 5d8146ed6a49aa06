namespace Samehost;

/// <summary>What a descriptor can stand for (inode(7)).</summary>
[Flags]
public enum DescriptorKinds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A regular file on a file system.</summary>
    File = 1,

    /// <summary>A directory.</summary>
    Directory = 2,

    /// <summary>A socket of any family.</summary>
    Socket = 4,

    /// <summary>A pipe or FIFO.</summary>
    Pipe = 8,

    /// <summary>A device, such as a terminal.</summary>
    Device = 16,

    /// <summary>Memory with a name, from memfd_create(2).</summary>
    Memory = 32,

    /// <summary>Anything else: epoll, eventfd, pidfd, timers.</summary>
    Other = 64,

    /// <summary>Anything.</summary>
    Any = File | Directory | Socket | Pipe | Device | Memory | Other,
}
