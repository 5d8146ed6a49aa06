namespace Samehost;

/// <summary>How to bind a datagram socket.</summary>
public sealed class UnixDatagramOptions
{
    internal static UnixDatagramOptions Default { get; } = new();

    /// <summary>Mode, group and stale files, for an address that is a path.</summary>
    public SocketFileOptions SocketFile { get; init; } = new();

    /// <summary>
    /// Who may send; datagrams of others are dropped unread, message by message (SO_PASSCRED). Null, the default, takes those of
    /// everybody who may write to the socket file; an abstract name, which has no permissions, asks for a decision. Supplementary groups
    /// are not known for datagrams, and user and group are the sender's real ones (<see cref="PeerCredentials.UserId"/>).
    /// </summary>
    public PeerPolicy? PeerPolicy { get; init; }

    /// <summary>Whether to ask for the sender's credentials and process with each datagram (SO_PASSCRED, SO_PASSPIDFD); see
    /// <see cref="UnixDatagram.ReceiveMessageAsync"/>.</summary>
    public bool TellSenders { get; init; }

    /// <summary>Whether descriptors are taken (SO_PASSRIGHTS). Not by default: the kernel then refuses them where it can (Linux 6.16),
    /// and closes them otherwise.</summary>
    public bool AcceptDescriptors { get; init; }
}
