namespace Samehost;

/// <summary>What one receive with ancillary data brought: bytes, and whatever came beside them.</summary>
/// <remarks>Dispose of it: the descriptors that were not taken, and the process, are closed then.</remarks>
public readonly struct UnixMessage : IDisposable
{
    /// <summary>How many bytes are in the buffer.</summary>
    public int Count { get; internal init; }

    /// <summary>How many bytes the record or datagram had; on a stream the same as <see cref="Count"/>.</summary>
    public int Length { get; internal init; }

    /// <summary>True when the end of the record did not fit the buffer and is lost.</summary>
    public bool IsTruncated => Length > Count;

    /// <summary>True at the end of the conversation: the peer has ended its sending direction or closed. An empty record is not the
    /// end.</summary>
    public bool IsEnd { get; internal init; }

    /// <summary>Where a datagram came from; <see cref="UnixEndPoint.Unnamed"/> otherwise. Its bytes are the sender's choice.</summary>
    public UnixEndPoint Sender { get => field ?? UnixEndPoint.Unnamed; internal init; }

    /// <summary>Who sent a datagram, where the socket asks for it; otherwise null.</summary>
    public PeerCredentials? Credentials { get; internal init; }

    /// <summary>The descriptors that came with these bytes.</summary>
    public ReceivedDescriptors Descriptors { get => field ?? ReceivedDescriptors.None; internal init; }

    /// <summary>Why descriptors that came are not there.</summary>
    public DescriptorLoss DescriptorLoss { get; internal init; }

    /// <summary>The process that sent a datagram, where the socket asks for it and the kernel tells (SCM_PIDFD, Linux 6.5); otherwise
    /// null.</summary>
    public PeerProcess? Process { get; internal init; }

    /// <summary>Closes the descriptors that were not taken, and the process.</summary>
    public void Dispose()
    {
        Descriptors.Dispose();
        Process?.Dispose();
    }
}
