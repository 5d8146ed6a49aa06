namespace Samehost.Tool.Transfer;

/// <summary>How a conversation ends.</summary>
internal sealed record ConversationOptions
{
    /// <summary>Whether the end of the input ends our sending direction; otherwise the peer is not told.</summary>
    public bool HalfCloses { get; init; } = true;

    /// <summary>Fails when nothing has come or gone for so long.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Where a peer has no way to end: how long to wait for more once the input has ended.</summary>
    public TimeSpan? Linger { get; init; }
}
