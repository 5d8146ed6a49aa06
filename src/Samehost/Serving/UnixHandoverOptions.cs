namespace Samehost;

/// <summary>How a server lets a successor take over.</summary>
public sealed class UnixHandoverOptions
{
    internal static UnixHandoverOptions Default { get; } = new();

    /// <summary>Who may take over. Our own user and root by default; never let in whom you would not let stop the server.</summary>
    public PeerPolicy Successors { get; init; } = PeerPolicy.SelfAndRoot;

    /// <summary>
    /// How long a successor may take to get ready, once it has the listening socket, before it is given up; this server goes on meanwhile
    /// and afterwards. 30 seconds by default. The other steps, in which it only has to answer, get at most 5 seconds each.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero, negative, or longer than a day.</exception>
    public TimeSpan StepTimeout
    {
        get;
        init => field = value > TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The time for a step is more than zero and at most a day.");
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Called when a successor is ready and this server has stopped accepting: gives up the connections that are to live on in the
    /// successor. Null, the default, keeps them all here until their handlers have ended. Its token ends after <see cref="StepTimeout"/>.
    /// </summary>
    /// <remarks>
    /// The handlers of those connections must have stopped reading and writing, and must not end before the connection is closed (which
    /// happens when the successor has confirmed; the server then stops, so their token is canceled) or has come back through
    /// <see cref="TakeConnectionsBack"/>: a handler that ends closes its connection. A handler of a connection that was
    /// accepted a moment ago may not have begun: wait for as many as <see cref="UnixServer.ConnectionCount"/> says.
    /// </remarks>
    public Func<CancellationToken, Task<IReadOnlyList<HandoverConnection>>>? GiveConnections { get; init; }

    /// <summary>
    /// Called when the handover failed after <see cref="GiveConnections"/> was called, with what that had returned; with none when it
    /// threw. They are this process's again.
    /// </summary>
    public Action<IReadOnlyList<HandoverConnection>>? TakeConnectionsBack { get; init; }

    /// <summary>Called with what successors that failed ran into, on the thread pool. It may block. What it throws is reported on standard
    /// error.</summary>
    public Action<Exception>? Failed { get; init; }
}
