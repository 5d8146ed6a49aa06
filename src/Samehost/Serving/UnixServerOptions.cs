namespace Samehost;

/// <summary>Limits of a <see cref="UnixServer"/>, and who hears of what happens in it.</summary>
public sealed class UnixServerOptions
{
    internal static UnixServerOptions Default { get; } = new();

    /// <summary>How to listen: backlog, mode and group of the socket file.</summary>
    public UnixListenerOptions Listener { get; init; } = new();

    /// <summary>How many connections are served at once; further ones wait in the backlog. 4,096 by default.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>How many of them may belong to one user; further ones are closed at once, so that one user cannot keep the others
    /// out. 1,024 by default.</summary>
    public int MaxConnectionsPerUser { get; init; } = 1024;

    /// <summary>
    /// How many of the process's descriptors (RLIMIT_NOFILE, getrlimit(2)) are left to others: near that limit accepting pauses and further
    /// clients wait in the backlog. It holds for all servers of the process together. A sixteenth of the limit by default, but at least 12
    /// and at most 32, which is what the runtime needs; handlers that open files need more. Descriptors that clients pass stop earlier,
    /// an eighth of the limit below (8 to 128): see <see cref="DescriptorLoss.NoRoom"/>.
    /// </summary>
    public int? ReservedDescriptors { get; init; }

    /// <summary>How long handlers may go on after the server was told to stop, before their connections are closed. 5 seconds by
    /// default.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Receives what happens, for logs. None by default.</summary>
    public UnixServerEvents? Events { get; init; }
}
