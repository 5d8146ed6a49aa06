using System.Runtime.InteropServices;

namespace Samehost;

/// <summary>What goes with a datagram beside its bytes.</summary>
public sealed class UnixAncillaryData
{
    /// <summary>Files, sockets, pipes, memory: up to 253. They stay ours and must stay open until the send has ended.</summary>
    public IReadOnlyList<SafeHandle> Descriptors { get; init; } = [];

    /// <summary>Credentials to name; null lets the kernel fill in our own for a receiver who asks.</summary>
    public UnixCredentials? Credentials { get; init; }
}
