namespace Samehost;

/// <summary>Contains the result of a receive with ancillary data (recvmsg(2)).</summary>
/// <remarks>Dispose of it, which closes the descriptors that were not taken, and the process.</remarks>
public readonly struct UnixMessage : IDisposable
{
    /// <summary>Gets the number of bytes in the buffer.</summary>
    public int Count { get; internal init; }

    /// <summary>Gets the number of bytes that the record or datagram had; on a stream the same as <see cref="Count"/>.</summary>
    public int Length { get; internal init; }

    /// <summary>Gets a value that indicates whether the record was longer than the buffer, and its end was lost.</summary>
    public bool IsTruncated => Length > Count;

    /// <summary>Gets a value that indicates whether the peer has shut down sending or closed; an empty record is not the end.</summary>
    public bool IsEnd { get; internal init; }

    /// <summary>Gets the address of a datagram's sender, which the sender chooses; otherwise <see cref="UnixEndPoint.Unnamed"/>.</summary>
    public UnixEndPoint Sender { get => field ?? UnixEndPoint.Unnamed; internal init; }

    /// <summary>Gets the credentials of a datagram's sender if the socket receives them, or null.</summary>
    public PeerCredentials? Credentials { get; internal init; }

    /// <summary>Gets the descriptors that came with these bytes.</summary>
    public ReceivedDescriptors Descriptors { get => field ?? ReceivedDescriptors.None; internal init; }

    /// <summary>Gets the reason why the descriptors that came were closed.</summary>
    public DescriptorLoss DescriptorLoss { get; internal init; }

    /// <summary>Gets the process that sent a datagram if the socket receives it (SCM_PIDFD, Linux 6.5), or null.</summary>
    public PeerProcess? Process { get; internal init; }

    /// <summary>Closes the descriptors that were not taken, and the process.</summary>
    public void Dispose()
    {
        Descriptors.Dispose();
        Process?.Dispose();
    }
}
