using System.Globalization;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Systemd;

namespace Samehost;

/// <summary>Tells the service manager how this service is doing: sd_notify(3), systemd.service(5) with <c>Type=notify</c>.</summary>
/// <remarks>
/// <para>Where no service manager asked to be told (no NOTIFY_SOCKET), every method does nothing and returns false, so a program can
/// call them whether it runs as a service or in a terminal.</para>
/// <para>Each message is sent from a socket of its own, whole or not at all; a call waits only while the manager's queue is full. All
/// members may be used from several threads at once.</para>
/// </remarks>
/// <example><code>
/// var systemd = SystemdNotify.FromEnvironment();
/// await using var watchdog = systemd.StartWatchdog();
/// systemd.Ready("listening on /run/app.sock");
/// </code></example>
public sealed partial class SystemdNotify
{
    private readonly UnixEndPoint? _supervisor;

    /// <summary>A notifier for a supervisor at a known address.</summary>
    /// <param name="supervisor">A path or an abstract name; null for one that does nothing.</param>
    /// <param name="watchdogInterval">Within which time it expects each sign of life; null when it expects none.</param>
    /// <exception cref="ArgumentException">The address has no name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The interval is zero or below.</exception>
    public SystemdNotify(UnixEndPoint? supervisor, TimeSpan? watchdogInterval = null)
    {
        if (supervisor?.Kind is UnixEndPointKind.Unnamed or UnixEndPointKind.Autobind)
            throw new ArgumentException("A supervisor is reached at a path or an abstract name.", nameof(supervisor));
        if (watchdogInterval is { } interval)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero, nameof(watchdogInterval));
        _supervisor = supervisor;
        WatchdogInterval = supervisor is null ? null : watchdogInterval;
    }

    /// <summary>False when no service manager asked to be told; then nothing is ever sent.</summary>
    public bool IsEnabled => _supervisor is not null;

    /// <summary>Within which time the manager expects each sign of life (<c>WatchdogSec=</c>); null when it expects none from this
    /// process.</summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <summary>The notifier for the service manager that started this process: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID.</summary>
    /// <param name="clear">Whether to remove the variables, so that programs started from here cannot speak in our name.</param>
    /// <exception cref="InvalidDataException">A variable makes no sense, or the address is a vsock address, which no local socket can
    /// reach. The message says which variable, and its value.</exception>
    public static SystemdNotify FromEnvironment(bool clear = false) => FromEnvironment(ServiceEnvironment.Own, clear);

    internal static SystemdNotify FromEnvironment(ServiceEnvironment environment, bool clear)
    {
        try
        {
            return new SystemdNotify(NotifyVariables.Supervisor(environment), NotifyVariables.WatchdogInterval(environment));
        }
        finally
        {
            if (clear)
                NotifyVariables.Clear(environment);
        }
    }

    /// <summary>Starting is finished (READY=1); also after <see cref="Reloading"/>.</summary>
    /// <param name="status">What to show as the service's status.</param>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool Ready(string? status = null) => Send(WithStatus("READY=1", status));

    /// <summary>The configuration is being read again (RELOADING=1 with the time, MONOTONIC_USEC); <see cref="Ready"/> ends it.</summary>
    /// <param name="status">What to show as the service's status.</param>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool Reloading(string? status = null) =>
        Send(["RELOADING=1", Text($"MONOTONIC_USEC={LibcClock.MonotonicMicroseconds()}"), .. WithStatus(null, status)]);

    /// <summary>The service is about to end (STOPPING=1).</summary>
    /// <param name="status">What to show as the service's status.</param>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool Stopping(string? status = null) => Send(WithStatus("STOPPING=1", status));

    /// <summary>One line on how the service is doing (STATUS=). Line breaks and other control characters become blanks.</summary>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool Status(string status) => Send([NotifyText.Status(status)]);

    /// <summary>A sign of life (WATCHDOG=1); <see cref="StartWatchdog"/> gives them regularly.</summary>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool Watchdog() => Send(["WATCHDOG=1"]);

    /// <summary>Gives a sign of life now, and from then on at half the manager's interval; none where it expects none.</summary>
    /// <param name="isHealthy">Asked each time: the sign of life is given only when it returns true. It should answer at once.</param>
    /// <returns>Dispose of it to stop.</returns>
    public SystemdWatchdog StartWatchdog(Func<bool>? isHealthy = null) => new(this, isHealthy, TimeProvider.System);

    /// <summary>Something is badly wrong: the manager is to act as if the sign of life were overdue (WATCHDOG=trigger).</summary>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool TriggerWatchdog() => Send(["WATCHDOG=trigger"]);

    /// <summary>Starting, reloading or stopping takes that much longer, from now on (EXTEND_TIMEOUT_USEC=).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero or below.</exception>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool ExtendTimeout(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        return Send([Text($"EXTEND_TIMEOUT_USEC={Math.Max(1, time.Ticks / TimeSpan.TicksPerMicrosecond)}")]);
    }

    /// <summary>Another process is the service's main one from now on (MAINPID=).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not the number of a process.</exception>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool MainProcess(int processId)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(processId);
        return Send([Text($"MAINPID={processId}")]);
    }

    /// <summary>Why the service fails (ERRNO=).</summary>
    /// <param name="errno">The cause.</param>
    /// <param name="status">What to show as the service's status.</param>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool Failing(Errno errno, string? status = null) => Send(WithStatus(Text($"ERRNO={(int)errno}"), status));

    /// <summary>Sends any assignments, for those that have no method here (sd_notify(3)).</summary>
    /// <param name="assignments">Such as <c>READY=1</c>, without newlines.</param>
    /// <param name="descriptors">What goes with them, at most 253; they stay ours and may be closed afterwards.</param>
    /// <returns>False when no service manager asked to be told.</returns>
    /// <exception cref="ArgumentException">An assignment has no name, or a newline or NUL in it; or too many descriptors.</exception>
    /// <exception cref="UnixSocketException">ENOENT or ECONNREFUSED (the manager is gone), EACCES, EMSGSIZE (too long).</exception>
    public bool Send(IEnumerable<string> assignments, IReadOnlyList<SafeHandle>? descriptors = null)
    {
        ArgumentNullException.ThrowIfNull(assignments);
        byte[] text = NotifyText.Bytes(assignments);
        if (_supervisor is null)
            return false;
        using var socket = UnixDatagram.Create();
        socket.SendMessage(text, new UnixAncillaryData { Descriptors = descriptors ?? [] }, _supervisor);
        return true;
    }

    /// <summary>Sends any assignments; otherwise as <see cref="Send"/>.</summary>
    /// <remarks>Cancel safe: a cancelled call has sent nothing.</remarks>
    /// <param name="assignments">Such as <c>READY=1</c>, without newlines.</param>
    /// <param name="descriptors">What goes with them, at most 253; they stay ours and may be closed afterwards.</param>
    /// <param name="cancellationToken">Ends the wait for room in the manager's queue.</param>
    /// <returns>False when no service manager asked to be told.</returns>
    /// <exception cref="ArgumentException">As <see cref="Send"/>.</exception>
    /// <exception cref="UnixSocketException">As <see cref="Send"/>.</exception>
    public async ValueTask<bool> SendAsync(
        IEnumerable<string> assignments, IReadOnlyList<SafeHandle>? descriptors = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(assignments);
        byte[] text = NotifyText.Bytes(assignments);
        if (_supervisor is null)
            return false;
        using var socket = UnixDatagram.Create();
        var ancillary = new UnixAncillaryData { Descriptors = descriptors ?? [] };
        await socket.SendMessageAsync(text, ancillary, _supervisor, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static string[] WithStatus(string? assignment, string? status) =>
        [.. assignment is null ? (string[])[] : [assignment], .. status is null ? (string[])[] : [NotifyText.Status(status)]];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
