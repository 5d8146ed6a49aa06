namespace Samehost;

/// <summary>How to listen, and for whom.</summary>
public sealed class UnixListenerOptions
{
    internal static UnixListenerOptions Default { get; } = new();

    /// <summary>How many connections may wait to be accepted; the kernel cuts it to net.core.somaxconn (listen(2)). 4,096 by
    /// default.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>Mode, group and stale files, for an address that is a path.</summary>
    public SocketFileOptions SocketFile { get; init; } = new();

    /// <summary>
    /// Who may connect; others are closed before a byte of theirs is read. Our own user and root when null, the default; an abstract
    /// name, which
    /// has no permissions, asks for a decision. A socket file whose mode lets others in needs both: the mode and the policy.
    /// </summary>
    public PeerPolicy? PeerPolicy { get; init; }

    /// <summary>Whether peers may send descriptors (SO_PASSRIGHTS). Not by default: the kernel then refuses them where it can (Linux 6.16),
    /// and closes them otherwise.</summary>
    public bool AcceptDescriptors { get; init; }
}
