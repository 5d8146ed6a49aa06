namespace Samehost;

/// <summary>What a <see cref="UnixExplanation"/> is about, and what it may do to find out.</summary>
public sealed class UnixExplainOptions
{
    /// <summary>The kind of socket that would make the call; stream by default.</summary>
    public UnixSocketKind Kind { get; init; } = UnixSocketKind.Stream;

    /// <summary>Who would make the call; null, the default, for the user that the calling thread is.</summary>
    public UnixUser? User { get; init; }

    /// <summary>
    /// Whether a socket file may be asked if anything is bound to it; true by default. A datagram socket asks, by connecting: a server
    /// neither accepts nor receives anything. Without it a socket in another network namespace, into which it takes root to look, can be
    /// taken for a stale file.
    /// </summary>
    public bool Probe { get; init; } = true;
}
