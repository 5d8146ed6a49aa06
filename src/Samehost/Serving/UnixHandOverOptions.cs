namespace Samehost;

/// <summary>How a server lets a successor take over.</summary>
public sealed class UnixHandOverOptions
{
    internal static UnixHandOverOptions Default { get; } = new();

    /// <summary>Who may take over. Our own user and root by default; never let in whom you would not let stop the server.</summary>
    public PeerPolicy Successors { get; init; } = PeerPolicy.SelfAndRoot;

    /// <summary>How long a successor may take for each step before it is given up and this server goes on. 30 seconds by default.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Called when a successor is ready: gives up the connections that are to live on in it. Null, the default, keeps them all here until
    /// their handlers have ended. What it returns is closed here once the successor has confirmed.
    /// </summary>
    public Func<CancellationToken, Task<IReadOnlyList<HandedConnection>>>? GiveConnections { get; init; }

    /// <summary>Called with the connections of <see cref="GiveConnections"/> when the successor failed before it confirmed: they are this
    /// process's again.</summary>
    public Action<IReadOnlyList<HandedConnection>>? TakeConnectionsBack { get; init; }

    /// <summary>Hears of successors that failed.</summary>
    public Action<Exception>? Failed { get; init; }
}
