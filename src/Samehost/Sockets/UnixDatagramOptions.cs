namespace Samehost;

/// <summary>Contains the options for creating a datagram socket.</summary>
public sealed class UnixDatagramOptions
{
    internal static UnixDatagramOptions Default { get; } = new();

    /// <summary>Gets or sets the options for the socket file, for an address that is a path.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public SocketFileOptions SocketFile
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>
    /// Gets or sets the policy for senders; datagrams of others are dropped unread, message by message (SO_PASSCRED). Null, the default,
    /// allows all that may write to the socket file; an abstract name, which has no permissions, needs a policy. Supplementary groups are
    /// not known for datagrams, and user and group are the sender's real ones (<see cref="PeerCredentials.UserId"/>).
    /// </summary>
    public PeerPolicy? PeerPolicy { get; set; }

    /// <summary>Gets or sets a value that indicates whether each datagram is received with the credentials and the process of its sender
    /// (SO_PASSCRED, SO_PASSPIDFD): <see cref="UnixMessage.Credentials"/>.</summary>
    public bool ReceiveCredentials { get; set; }

    /// <summary>Gets or sets a value that indicates whether descriptors are received (SO_PASSRIGHTS). False by default: the kernel then
    /// refuses them where it can (Linux 6.16), and closes them otherwise.</summary>
    public bool AcceptDescriptors { get; set; }
}
