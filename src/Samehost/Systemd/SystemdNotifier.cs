using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Samehost.Inspection;
using Samehost.Interop;
using Samehost.Systemd;

namespace Samehost;

/// <summary>Notifies the service manager of the state of this service (sd_notify(3), <c>Type=notify</c> of systemd.service(5)).</summary>
/// <remarks>
/// <para>If the service manager does not expect notifications (NOTIFY_SOCKET is not set), every method does nothing and returns false, so
/// a program can call them whether it runs as a service or in a terminal.</para>
/// <para>Each message is sent from a socket of its own; a call waits only while the manager's queue is full. All members are
/// thread-safe.</para>
/// </remarks>
/// <example><code>
/// var systemd = SystemdNotifier.FromEnvironment();
/// await using var watchdog = systemd.StartWatchdog();
/// systemd.NotifyReady("listening on /run/app.sock");
/// </code></example>
public sealed class SystemdNotifier
{
    private readonly UnixEndPoint? _supervisor;

    /// <summary>Initializes a notifier for a service manager at an address.</summary>
    /// <param name="supervisor">A path or an abstract name; if null, the notifier does nothing.</param>
    /// <param name="watchdogInterval">The time within which the service manager expects each watchdog notification; null if it expects
    /// none.</param>
    /// <exception cref="ArgumentException">The address has no name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The interval is zero or below.</exception>
    public SystemdNotifier(UnixEndPoint? supervisor, TimeSpan? watchdogInterval = null)
    {
        if (supervisor?.Kind is UnixEndPointKind.Unnamed or UnixEndPointKind.Autobind)
            throw new ArgumentException("The service manager's address has to be a path or an abstract name.", nameof(supervisor));
        if (watchdogInterval is { } interval)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero, nameof(watchdogInterval));
        _supervisor = supervisor;
        WatchdogInterval = supervisor is null ? null : watchdogInterval;
    }

    /// <summary>Gets a value that indicates whether the service manager expects notifications; if not, nothing is ever sent.</summary>
    public bool IsEnabled => _supervisor is not null;

    /// <summary>Gets the time within which the service manager expects each watchdog notification (<c>WatchdogSec=</c>); null if it
    /// expects none from this process.</summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <summary>Creates a notifier from the environment variables NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.</summary>
    /// <param name="clear">Whether to remove the variables, so that child processes cannot send notifications for this service.</param>
    /// <exception cref="InvalidDataException">A variable is not valid, or the address is a vsock address, which a local socket cannot
    /// reach. The message names the variable and its value.</exception>
    public static SystemdNotifier FromEnvironment(bool clear = false) => FromEnvironment(ServiceEnvironment.Own, clear);

    internal static SystemdNotifier FromEnvironment(ServiceEnvironment environment, bool clear)
    {
        try
        {
            return new SystemdNotifier(NotifyVariables.Supervisor(environment), NotifyVariables.WatchdogInterval(environment));
        }
        finally
        {
            if (clear)
                NotifyVariables.Clear(environment);
        }
    }

    /// <summary>Notifies the service manager that startup, or a reload, has finished (READY=1).</summary>
    /// <param name="status">The status to show, as by <see cref="SetStatus"/>; null to leave it unchanged.</param>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool NotifyReady(string? status = null) => Send(WithStatus("READY=1", status));

    /// <summary>Notifies the service manager that the service is reloading its configuration (RELOADING=1, MONOTONIC_USEC=), until
    /// <see cref="NotifyReady"/>.</summary>
    /// <param name="status">The status to show, as by <see cref="SetStatus"/>; null to leave it unchanged.</param>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool NotifyReloading(string? status = null) =>
        Send(["RELOADING=1", Text($"MONOTONIC_USEC={LibcClock.MonotonicMicroseconds()}"), .. WithStatus(null, status)]);

    /// <summary>Notifies the service manager that the service is stopping (STOPPING=1).</summary>
    /// <param name="status">The status to show, as by <see cref="SetStatus"/>; null to leave it unchanged.</param>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool NotifyStopping(string? status = null) => Send(WithStatus("STOPPING=1", status));

    /// <summary>Sets the status that the service manager shows (STATUS=).</summary>
    /// <param name="status">One line; line breaks and other control characters are replaced by spaces.</param>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool SetStatus(string status) => Send([NotificationText.Status(status)]);

    /// <summary>Sends a watchdog notification (WATCHDOG=1); <see cref="StartWatchdog"/> sends them regularly.</summary>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool NotifyWatchdog() => Send(["WATCHDOG=1"]);

    /// <summary>Sends a watchdog notification now, and then at half of <see cref="WatchdogInterval"/>; none if that is null.</summary>
    /// <param name="isHealthy">Called each time: the notification is sent only if it returns true. It should return at once.</param>
    /// <returns>The watchdog, which stops when it is disposed.</returns>
    public SystemdWatchdog StartWatchdog(Func<bool>? isHealthy = null) => new(this, isHealthy, TimeProvider.System);

    /// <summary>Notifies the service manager of an internal error, which it handles as a watchdog timeout (WATCHDOG=trigger).</summary>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool TriggerWatchdog() => Send(["WATCHDOG=trigger"]);

    /// <summary>Extends the timeout of startup, reload or stop (EXTEND_TIMEOUT_USEC=).</summary>
    /// <param name="time">The new timeout, from now on.</param>
    /// <exception cref="ArgumentOutOfRangeException">Zero or below.</exception>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool ExtendTimeout(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        return Send([Text($"EXTEND_TIMEOUT_USEC={Math.Max(1, time.Ticks / TimeSpan.TicksPerMicrosecond)}")]);
    }

    /// <summary>Sets the main process of the service (MAINPID=).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not the number of a process.</exception>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool SetMainProcess(int processId)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(processId);
        return Send([Text($"MAINPID={processId}")]);
    }

    /// <summary>Sets the error with which the service fails (ERRNO=).</summary>
    /// <param name="errno">The error.</param>
    /// <param name="status">The status to show, as by <see cref="SetStatus"/>; null to leave it unchanged.</param>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool SetError(Errno errno, string? status = null) => Send(WithStatus(Text($"ERRNO={(int)errno}"), status));

    /// <summary>Sends assignments, for example those without a method in this class (sd_notify(3)).</summary>
    /// <param name="assignments">Such as <c>READY=1</c>, without newlines.</param>
    /// <param name="descriptors">Up to 253 descriptors to send, which the caller owns.</param>
    /// <returns>False if the service manager does not expect notifications.</returns>
    /// <exception cref="ArgumentException">An assignment has no name, or contains a newline or NUL; or there are too many
    /// descriptors.</exception>
    /// <exception cref="UnixSocketException">ENOENT or ECONNREFUSED (the service manager does not listen), EACCES, EMSGSIZE (too
    /// long).</exception>
    public bool Send(IEnumerable<string> assignments, IReadOnlyList<SafeHandle>? descriptors = null)
    {
        ArgumentNullException.ThrowIfNull(assignments);
        var text = NotificationText.Encode(assignments);
        if (_supervisor is null)
            return false;
        using var socket = UnixDatagram.Create();
        socket.Send(text, new UnixAncillaryData { Descriptors = descriptors ?? [] }, _supervisor);
        return true;
    }

    /// <summary>Sends assignments; see <see cref="Send"/>.</summary>
    /// <remarks>Cancel safe: a canceled call has sent nothing.</remarks>
    /// <param name="assignments">Such as <c>READY=1</c>, without newlines.</param>
    /// <param name="descriptors">Up to 253 descriptors to send, which the caller owns.</param>
    /// <param name="cancellationToken">Ends the wait while the manager's queue is full.</param>
    /// <returns>False if the service manager does not expect notifications.</returns>
    /// <exception cref="ArgumentException">As <see cref="Send"/>.</exception>
    /// <exception cref="UnixSocketException">As <see cref="Send"/>.</exception>
    public async ValueTask<bool> SendAsync(
        IEnumerable<string> assignments, IReadOnlyList<SafeHandle>? descriptors = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(assignments);
        var text = NotificationText.Encode(assignments);
        if (_supervisor is null)
            return false;
        using var socket = UnixDatagram.Create();
        var ancillary = new UnixAncillaryData { Descriptors = descriptors ?? [] };
        await socket.SendAsync(text, ancillary, _supervisor, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Waits until the service manager has processed all earlier notifications (BARRIER=1, sd_notify_barrier(3)), blocking the
    /// thread.</summary>
    /// <remarks>A process that exits right after a notification should call it: the service manager may ignore a notification whose sender
    /// no longer exists.</remarks>
    /// <param name="timeout">The time to wait, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <returns>False if the service manager does not expect notifications.</returns>
    /// <exception cref="UnixSocketException">ETIMEDOUT after the timeout; otherwise as <see cref="Send"/>.</exception>
    public bool WaitForBarrier(TimeSpan timeout) => WaitForBarrierAsync(timeout).AsTask().GetAwaiter().GetResult();

    /// <summary>Waits until the service manager has processed all earlier notifications; see <see cref="WaitForBarrier"/>.</summary>
    /// <remarks>Cancel safe: only the wait ends.</remarks>
    /// <param name="timeout">The time to wait, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False if the service manager does not expect notifications.</returns>
    /// <exception cref="UnixSocketException">ETIMEDOUT after the timeout; otherwise as <see cref="Send"/>.</exception>
    public async ValueTask<bool> WaitForBarrierAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        CheckTimeout(timeout);
        if (_supervisor is null)
            return false;
        using var pipe = new BarrierPipe();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            await pipe.SendAsync(this, deadline.Token).ConfigureAwait(false);
            await pipe.WaitAsync(deadline.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw BarrierTimeout();
        }
    }

    /// <summary>Stores descriptors in the service manager until this service starts again (FDSTORE=1, FDNAME=;
    /// <c>FileDescriptorStoreMax=</c> in the unit).</summary>
    /// <remarks><see cref="SystemdListenSockets.Take()"/> returns them then, with that name.</remarks>
    /// <param name="name">1 to 255 printable ASCII characters without a colon. Several descriptors may have the same name.</param>
    /// <param name="descriptors">1 to 253 descriptors, which the caller owns; the service manager stores duplicates.</param>
    /// <param name="keepWhenHungUp">Whether to keep them even after an error or a hang-up (FDPOLL=0); otherwise the service manager closes,
    /// for example, a connection whose peer has closed.</param>
    /// <exception cref="ArgumentException">The name is not valid, or there are no or too many descriptors.</exception>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool StoreDescriptors(string name, IReadOnlyList<SafeHandle> descriptors, bool keepWhenHungUp = false)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        if (descriptors.Count == 0)
            throw new ArgumentException("There is no descriptor to store.", nameof(descriptors));
        string[] store = ["FDSTORE=1", NotificationText.StoreName(name)];
        return Send(keepWhenHungUp ? [.. store, "FDPOLL=0"] : store, descriptors);
    }

    /// <summary>Removes all stored descriptors with a name from the service manager (FDSTOREREMOVE=1).</summary>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="UnixSocketException">It could not be sent; see <see cref="Send"/>.</exception>
    public bool RemoveStoredDescriptors(string name) => Send(["FDSTOREREMOVE=1", NotificationText.StoreName(name)]);

    private static string[] WithStatus(string? assignment, string? status) =>
        [.. assignment is null ? (string[])[] : [assignment], .. status is null ? (string[])[] : [NotificationText.Status(status)]];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void CheckTimeout(TimeSpan timeout)
    {
        if (timeout != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
    }

    private UnixSocketException BarrierTimeout() => new(Errno.ETIMEDOUT, "barrier", _supervisor,
        "The service manager has not processed the notifications within the timeout; they may still be in its queue.");
}

/// <summary>The text of a notification: one assignment a line.</summary>
internal static class NotificationText
{
    private const int LongestName = 255;

    public static byte[] Encode(IEnumerable<string> assignments)
    {
        var text = new StringBuilder();
        foreach (var assignment in assignments)
        {
            if (assignment.IndexOf('=', StringComparison.Ordinal) < 1 || assignment.AsSpan().ContainsAny('\n', '\0'))
            {
                throw new ArgumentException(
                    $"A notification has lines NAME=VALUE without newline or NUL; '{PrintableText.Of(assignment)}' is not one.",
                    nameof(assignments));
            }

            if (text.Length > 0)
                text.Append('\n');
            text.Append(assignment);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Returns the assignment of a status. A line break would begin another assignment, and systemd drops a message with a
    /// NUL.</summary>
    public static string Status(string status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return "STATUS=" + string.Create(status.Length, status, static (line, from) =>
        {
            for (var i = 0; i < line.Length; i++)
                line[i] = char.IsControl(from[i]) ? ' ' : from[i];
        });
    }

    /// <summary>Returns the assignment of a name for descriptors: printable ASCII without a colon, which separates names in
    /// LISTEN_FDNAMES.</summary>
    public static string StoreName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > LongestName || name.Any(static c => c is < ' ' or > '~' or ':'))
        {
            throw new ArgumentException(
                $"'{PrintableText.Of(name)}' is not a name for descriptors: use 1 to {LongestName} printable ASCII characters, " +
                "without ':'.",
                nameof(name));
        }

        return "FDNAME=" + name;
    }
}
