namespace Samehost;

/// <summary>Contains the options for creating a listener.</summary>
public sealed class UnixListenerOptions
{
    internal static UnixListenerOptions Default { get; } = new();

    /// <summary>Gets or sets the number of connections that may wait to be accepted; the kernel takes at most net.core.somaxconn
    /// (listen(2)). 4,096 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int Backlog
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 4096;

    /// <summary>Gets or sets the options for the socket file, for an address that is a path.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public SocketFileOptions SocketFile
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>
    /// Gets or sets the policy for peers; connections of others are closed before a byte of theirs is read. Null, the default, allows our
    /// own user and root; an abstract name, which has no permissions, needs a policy. A socket file whose mode allows others needs both,
    /// the mode and the policy.
    /// </summary>
    public PeerPolicy? PeerPolicy { get; set; }

    /// <summary>Gets or sets a value that indicates whether peers may send descriptors (SO_PASSRIGHTS). False by default: the kernel then
    /// refuses them where it can (Linux 6.16), and closes them otherwise.</summary>
    public bool AcceptDescriptors { get; set; }

    internal UnixListenerOptions Copy()
    {
        var copy = (UnixListenerOptions)MemberwiseClone();
        copy.SocketFile = SocketFile.Copy();
        return copy;
    }
}
