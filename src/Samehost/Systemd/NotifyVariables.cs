using Samehost.Interop;

namespace Samehost.Systemd;

/// <summary>What NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say (sd_notify(3), sd_watchdog_enabled(3)).</summary>
internal static class NotifyVariables
{
    private const string Address = "NOTIFY_SOCKET";
    private const string Interval = "WATCHDOG_USEC";
    private const string Pid = "WATCHDOG_PID";

    /// <summary>The names of the variables.</summary>
    public static ReadOnlySpan<string> All => (string[])[Address, Interval, Pid];

    /// <summary>Where to send, or null when nobody listens.</summary>
    /// <exception cref="InvalidDataException">The variable is no address that this library can send to.</exception>
    public static UnixEndPoint? Supervisor(ServiceEnvironment environment)
    {
        string? value = environment.Get(Address);
        if (string.IsNullOrEmpty(value))
            return null;
        if (value.StartsWith("vsock", StringComparison.Ordinal))
        {
            throw ServiceEnvironment.Problem(Address, value,
                "a vsock address leads out of the virtual machine, and this library sends only to local sockets.");
        }

        try
        {
            return value[0] switch
            {
                '/' => UnixEndPoint.FromPath(value),
                '@' => UnixEndPoint.FromAbstractName(value[1..]),
                _ => throw ServiceEnvironment.Problem(Address, value, "an absolute path, or an abstract name after @, was expected."),
            };
        }
        catch (ArgumentException e)
        {
            throw ServiceEnvironment.Problem(Address, value, e.Message);
        }
    }

    /// <summary>How often this process must give a sign of life, or null when nobody waits for one.</summary>
    /// <exception cref="InvalidDataException">The variables are not numbers above zero.</exception>
    public static TimeSpan? WatchdogInterval(ServiceEnvironment environment)
    {
        string? value = environment.Get(Interval);
        if (string.IsNullOrEmpty(value))
            return null;
        if (environment.Get(Pid) is { Length: > 0 } pid && !environment.IsMeantForUs(Pid, pid))
            return null;
        if (!Numbers.TryParse(value, out long microseconds) || microseconds <= 0)
            throw ServiceEnvironment.Problem(Interval, value, "a number of microseconds above zero was expected.");
        const long Most = long.MaxValue / TimeSpan.TicksPerMicrosecond;
        return TimeSpan.FromTicks(Math.Min(microseconds, Most) * TimeSpan.TicksPerMicrosecond);
    }

    public static void Clear(ServiceEnvironment environment)
    {
        foreach (string name in All)
            environment.Clear(name);
    }
}
