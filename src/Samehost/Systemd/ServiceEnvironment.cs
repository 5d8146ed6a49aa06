using Samehost.Addresses;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.Systemd;

/// <summary>The environment variables that a service manager sets.</summary>
internal abstract class ServiceEnvironment
{
    /// <summary>The environment of this process.</summary>
    public static ServiceEnvironment Own { get; } = new OwnEnvironment();

    /// <summary>The names of all variables that are meant for one process, and not for its children.</summary>
    public static string[] Variables { get; } = [.. ListenVariables.All, .. NotifyVariables.All];

    public abstract int ProcessId { get; }

    public abstract string? Get(string name);

    public abstract void Clear(string name);

    /// <summary>Creates the exception for a variable that is not valid.</summary>
    public static InvalidDataException Problem(string name, string value, string problem) =>
        new($"The environment variable {name} is '{Printable(value)}': {problem}");

    /// <summary>Returns true if a variable with a process number names this process.</summary>
    /// <exception cref="InvalidDataException">It is not a process number.</exception>
    public bool IsMeantForUs(string name, string value) =>
        TryReadProcess(value, out var process)
            ? process == ProcessId
            : throw Problem(name, value, "the number of a process was expected.");

    /// <summary>Reads the number of a process.</summary>
    public static bool TryReadProcess(string value, out int process) => Numbers.TryParse(value, out process) && process > 0;

    private static string Printable(string value)
    {
        var shown = value.Length <= 100 ? value : value[..100] + "…";
        return PrintableText.Of(shown);
    }

    private sealed class OwnEnvironment : ServiceEnvironment
    {
        public override int ProcessId => Environment.ProcessId;

        public override string? Get(string name) => Environment.GetEnvironmentVariable(name);

        public override void Clear(string name)
        {
            // The runtime has a copy, which Process.Start passes on; native code uses the process's own.
            Environment.SetEnvironmentVariable(name, null);
            _ = LibcEnvironment.Unset(name);
        }
    }
}

/// <summary>Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES (sd_listen_fds(3)).</summary>
internal static class ListenVariables
{
    /// <summary>The number of the first descriptor passed (SD_LISTEN_FDS_START).</summary>
    public const int FirstDescriptor = 3;

    private const string Pid = "LISTEN_PID";
    private const string Count = "LISTEN_FDS";
    private const string Names = "LISTEN_FDNAMES";
    private const string PidFdId = "LISTEN_PIDFDID"; // the inode of the pidfd of the process that LISTEN_PID names

    /// <summary>The name that sd_listen_fds_with_names(3) returns if the service manager sets none.</summary>
    private const string DefaultName = "unknown";

    /// <summary>The maximum number of descriptors that a process can have; a number above it is not a count.</summary>
    private const int MostDescriptors = int.MaxValue - FirstDescriptor;

    /// <summary>The names of the variables.</summary>
    public static ReadOnlySpan<string> All => (string[])[Pid, PidFdId, Count, Names];

    /// <summary>Reads the variables and removes them, so that child processes do not use them. Returns the name of each
    /// descriptor.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="checkOpen">Throws if a descriptor is not open; called before a count is used.</param>
    /// <param name="hint">Why there is none although the variables are there; null otherwise.</param>
    /// <exception cref="InvalidDataException">They are not valid, or do not match the open descriptors.</exception>
    public static string[] Take(ServiceEnvironment environment, Action<string, string, int> checkOpen, out string? hint)
    {
        hint = null;
        var pid = environment.Get(Pid);
        var count = environment.Get(Count);
        var names = environment.Get(Names);
        foreach (var name in All)
            environment.Clear(name);
        if (pid is null || count is null)
            return [];
        var isCount = Numbers.TryParse(count, out long number) && number <= MostDescriptors;
        if (!environment.IsMeantForUs(Pid, pid))
        {
            if (isCount && number > 0 && ServiceEnvironment.TryReadProcess(pid, out var other))
                hint = DescribeOther(other, environment.ProcessId);
            return [];
        }
        if (!isCount)
            throw ServiceEnvironment.Problem(Count, count, "a count of descriptors was expected.");

        // One at a time, so that a huge count fails at the first number that is not open, without a huge array.
        for (var i = 0; i < number; i++)
            checkOpen(Count, count, i);
        return Split(names, (int)number);
    }

    /// <summary>Returns the number of descriptors that are passed to this process, without removing the variables; zero if they are not
    /// valid.</summary>
    public static int Peek(ServiceEnvironment environment) =>
        environment.Get(Pid) is { } pid && ServiceEnvironment.TryReadProcess(pid, out var process) && process == environment.ProcessId
            && Numbers.TryParse(environment.Get(Count) ?? "", out int count) && count is > 0 and <= MostDescriptors
            ? count : 0;

    /// <summary>Returns what to change if the descriptors are for another process, as where a script starts the program.</summary>
    private static string DescribeOther(int other, int own)
    {
        var starter = ProcessScan.ParentsOf(own).Contains(other)
            ? $" ({ProcessScan.NameOf(other)}), from which this process ({own}) comes"
            : $", and this is process {own}";
        return $"The sockets of LISTEN_FDS are for process {other}{starter}: a wrapper has to start this program by exec, so that it " +
            "keeps the number. (dotnet run cannot; start the built program.)";
    }

    private static string[] Split(string? names, int count)
    {
        if (names is null)
            return [.. Enumerable.Repeat(DefaultName, count)];
        var parts = names.Length == 0 && count == 0 ? [] : names.Split(':');
        return parts.Length == count
            ? parts
            : throw ServiceEnvironment.Problem(Names, names, $"it names {parts.Length} descriptors, and {Count} says {count}.");
    }
}

/// <summary>Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID (sd_notify(3), sd_watchdog_enabled(3)).</summary>
internal static class NotifyVariables
{
    private const string Address = "NOTIFY_SOCKET";
    private const string Interval = "WATCHDOG_USEC";
    private const string Pid = "WATCHDOG_PID";

    /// <summary>The names of the variables.</summary>
    public static ReadOnlySpan<string> All => (string[])[Address, Interval, Pid];

    /// <summary>Returns the address of the service manager, or null if it expects no notifications.</summary>
    /// <exception cref="InvalidDataException">The variable is not the address of a local socket.</exception>
    public static UnixEndPoint? Supervisor(ServiceEnvironment environment)
    {
        var value = environment.Get(Address);
        if (string.IsNullOrEmpty(value))
            return null;
        if (value.StartsWith("vsock", StringComparison.Ordinal))
        {
            throw ServiceEnvironment.Problem(Address, value,
                "a vsock address is outside of the virtual machine, and this library sends to local sockets only.");
        }

        try
        {
            var endPoint = value[0] switch
            {
                '/' => UnixEndPoint.FromPath(value),
                '@' => UnixEndPoint.FromAbstractName(value[1..]),
                _ => throw ServiceEnvironment.Problem(Address, value, "an absolute path, or an abstract name after @, was expected."),
            };
            if (value[0] == '/' && UnixEndPointText.ProblemWithBoundPath(endPoint.NameBytes.Span) is { } problem)
                throw ServiceEnvironment.Problem(Address, value, problem);
            return endPoint;
        }
        catch (ArgumentException e)
        {
            throw ServiceEnvironment.Problem(Address, value, e.Message);
        }
    }

    /// <summary>Returns the watchdog interval, or null if the service manager expects no watchdog notifications from this
    /// process.</summary>
    /// <exception cref="InvalidDataException">The variables are not numbers above zero.</exception>
    public static TimeSpan? WatchdogInterval(ServiceEnvironment environment)
    {
        var value = environment.Get(Interval);
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
        foreach (var name in All)
            environment.Clear(name);
    }
}
