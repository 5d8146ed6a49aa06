namespace Samehost;

/// <summary>Specifies which descriptors a receive takes. All others are closed before the call returns.</summary>
/// <remarks>An instance becomes read-only when it is first used in a call: changing it then is an
/// <see cref="InvalidOperationException"/>.</remarks>
public sealed class DescriptorOptions
{
    private bool _isReadOnly;

    /// <summary>Gets the options for up to 16 descriptors of any kind.</summary>
    public static DescriptorOptions Default { get; } = new() { _isReadOnly = true };

    /// <summary>Gets the options for up to 16 sockets.</summary>
    public static DescriptorOptions OnlySockets { get; } = new() { Kinds = DescriptorKinds.Socket, _isReadOnly = true };

    /// <summary>Gets the options for up to 16 regular files.</summary>
    public static DescriptorOptions OnlyFiles { get; } = new() { Kinds = DescriptorKinds.File, _isReadOnly = true };

    /// <summary>Gets or sets the maximum number of descriptors in one message, 1 to 253; 16 by default. If a message has more, all of its
    /// descriptors are closed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 1 and 253.</exception>
    /// <exception cref="InvalidOperationException">The options have been used.</exception>
    public int MaxCount
    {
        get;
        set
        {
            ThrowIfReadOnly();
            field = value is >= 1 and <= 253
                ? value
                : throw new ArgumentOutOfRangeException(nameof(value), value, "A message can have from 1 to 253 descriptors.");
        }
    } = 16;

    /// <summary>Gets or sets the kinds that are allowed; any by default. If a message has a descriptor of another kind, all of its
    /// descriptors are closed.</summary>
    /// <exception cref="InvalidOperationException">The options have been used.</exception>
    public DescriptorKinds Kinds
    {
        get;
        set
        {
            ThrowIfReadOnly();
            field = value;
        }
    } = DescriptorKinds.Any;

    /// <summary>Makes the options read-only, before a call uses them.</summary>
    internal DescriptorOptions Freeze()
    {
        _isReadOnly = true;
        return this;
    }

    private void ThrowIfReadOnly()
    {
        if (_isReadOnly)
            throw new InvalidOperationException("The options have been used in a call, and are read-only now.");
    }
}

/// <summary>Specifies what a descriptor refers to (inode(7)).</summary>
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

    /// <summary>Anonymous memory with a name, from memfd_create(2).</summary>
    Memory = 32,

    /// <summary>Anything else: epoll, eventfd, pidfd, timers.</summary>
    Other = 64,

    /// <summary>Anything.</summary>
    Any = File | Directory | Socket | Pipe | Device | Memory | Other,
}

/// <summary>Specifies why the descriptors of a message were closed. It is always all of them.</summary>
public enum DescriptorLoss
{
    /// <summary>None was closed.</summary>
    None,

    /// <summary>The message had more than <see cref="DescriptorOptions.MaxCount"/>.</summary>
    TooMany,

    /// <summary>One of them was of a kind that <see cref="DescriptorOptions.Kinds"/> does not allow.</summary>
    WrongKind,

    /// <summary>This process had no free descriptor numbers for them (EMFILE; the kernel reports MSG_CTRUNC), or only reserved
    /// ones.</summary>
    /// <remarks>Reserved are a sixteenth of RLIMIT_NOFILE (getrlimit(2)) for the runtime, which needs some to start a thread (12 to 32; or
    /// more, see <see cref="UnixServerOptions.ReservedDescriptors"/>), and an eighth for accepting connections (8 to 128).</remarks>
    OutOfDescriptors,
}
