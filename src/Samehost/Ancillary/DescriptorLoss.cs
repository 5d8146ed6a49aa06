namespace Samehost;

/// <summary>Why descriptors that a message brought are not there. In every case all of its descriptors were closed.</summary>
public enum DescriptorLoss
{
    /// <summary>None was lost.</summary>
    None,

    /// <summary>The message brought more than <see cref="DescriptorOptions.MaxCount"/>.</summary>
    TooMany,

    /// <summary>One of them was of a kind that <see cref="DescriptorOptions.Kinds"/> does not allow.</summary>
    WrongKind,

    /// <summary>This process had no descriptor numbers left for some of them (EMFILE; the kernel reports MSG_CTRUNC), or only such as are
    /// reserved: for the runtime, which needs some to start a thread, and for accepting connections. Those are, of RLIMIT_NOFILE
    /// (getrlimit(2)), a sixteenth (12 to 32; or more, see <see cref="UnixServerOptions.ReservedDescriptors"/>) and an eighth (8 to
    /// 128).</summary>
    NoRoom,
}
