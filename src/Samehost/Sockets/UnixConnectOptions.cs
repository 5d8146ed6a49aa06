namespace Samehost;

/// <summary>Contains the options for connecting: how long to wait, and which server to accept.</summary>
public sealed class UnixConnectOptions
{
    internal static UnixConnectOptions Default { get; } = new();

    /// <summary>
    /// Gets or sets how long to wait for a server to appear (ENOENT), to listen (ECONNREFUSED) and to have room in its backlog (EAGAIN), in
    /// total. Zero, the default, fails at once where there is no server; <see cref="Timeout.InfiniteTimeSpan"/> waits without limit.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public TimeSpan ServerTimeout
    {
        get;
        set => field = Checked(value);
    }

    /// <summary>
    /// Gets or sets how long to wait for room in the backlog of a server that listens, as a blocking connect(2) does. 10 seconds by
    /// default; zero fails at once with EAGAIN.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public TimeSpan BacklogTimeout
    {
        get;
        set => field = Checked(value);
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets the policy for the server; null, the default, accepts any. A connection to a server that it does not allow is closed
    /// before a byte is sent, with EACCES. The credentials of a server are those of when it began to listen.
    /// </summary>
    public PeerPolicy? RequireServer { get; set; }

    /// <summary>Gets or sets a value that indicates whether the server may send descriptors; false by default.</summary>
    public bool AcceptDescriptors { get; set; }

    internal UnixConnectOptions Copy() => (UnixConnectOptions)MemberwiseClone();

    private static TimeSpan Checked(TimeSpan time) => time >= TimeSpan.Zero || time == Timeout.InfiniteTimeSpan
        ? time
        : throw new ArgumentOutOfRangeException(nameof(time), time, "The time to wait must be zero or more, or infinite.");
}
