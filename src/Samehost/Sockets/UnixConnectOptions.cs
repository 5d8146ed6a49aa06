namespace Samehost;

/// <summary>How patiently to connect.</summary>
public sealed class UnixConnectOptions
{
    internal static UnixConnectOptions Default { get; } = new();

    /// <summary>
    /// How long to wait for a server to appear (ENOENT), to listen (ECONNREFUSED) and to have room in its backlog (EAGAIN), all
    /// in all. Zero, the default, fails at once when there is no server; <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </summary>
    public TimeSpan WaitFor { get; init; }

    /// <summary>
    /// How long to wait for room in the backlog of a server that is there, as a blocking connect(2) would. 10 seconds by default;
    /// zero fails at once with EAGAIN.
    /// </summary>
    public TimeSpan BacklogTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
