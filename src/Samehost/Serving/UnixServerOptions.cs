namespace Samehost;

/// <summary>Specifies the limits of a <see cref="UnixServer"/>, and how its events are reported.</summary>
/// <remarks>The server copies the options when it starts: a later change does not affect it.</remarks>
public sealed class UnixServerOptions
{
    /// <summary>Gets or sets the options of the listener: backlog, policy, mode and group of the socket file.</summary>
    public UnixListenerOptions Listener
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>Gets or sets the maximum number of connections; further ones wait in the backlog. 4,096 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative.</exception>
    public int MaxConnections
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 4096;

    /// <summary>Gets or sets the maximum number of connections of one user; further ones are closed at once, so that one user cannot keep
    /// out the others. 1,024 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative.</exception>
    public int MaxConnectionsPerUser
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 1024;

    /// <summary>Gets or sets the number of descriptors of the process (RLIMIT_NOFILE, getrlimit(2)) that the server does not use; near
    /// that limit accepting pauses, and further clients wait in the backlog.</summary>
    /// <remarks>It applies to all servers of the process together. If null, which is the default, it is a sixteenth of the limit, at
    /// least 12 and at most 32, which is what the runtime needs; handlers that open files need more. Descriptors that clients pass are
    /// refused earlier, an eighth of the limit below (8 to 128): see <see cref="DescriptorLoss.OutOfDescriptors"/>.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int? ReservedDescriptors
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value ?? 0, nameof(value));
            field = value;
        }
    }

    /// <summary>Gets or sets the time that handlers have after the server was stopped, before their connections are closed; 5 seconds by
    /// default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative, and not <see cref="Timeout.InfiniteTimeSpan"/>, or longer than
    /// 49 days.</exception>
    public TimeSpan DrainTimeout
    {
        get;
        set
        {
            CheckDrainTimeout(value, nameof(value));
            field = value;
        }
    } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the receiver of the server's events, for example for logs; none by default.</summary>
    public UnixServerEvents? Events { get; set; }

    internal UnixServerOptions Copy()
    {
        var copy = (UnixServerOptions)MemberwiseClone();
        copy.Listener = Listener.Copy();
        return copy;
    }

    /// <summary>Throws if a time is not one that a timer accepts.</summary>
    internal static void CheckDrainTimeout(TimeSpan time, string parameter)
    {
        if (time != Timeout.InfiniteTimeSpan && (time < TimeSpan.Zero || time.TotalMilliseconds > uint.MaxValue - 1))
            throw new ArgumentOutOfRangeException(parameter, time, "The time to drain must be zero to 49 days, or infinite.");
    }
}
