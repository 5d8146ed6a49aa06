using System.Runtime.InteropServices;
using Samehost.SocketFiles;

namespace Samehost;

/// <summary>Handles the signals that ask a process to end (SIGINT, which is Ctrl+C, SIGTERM, SIGHUP and SIGQUIT; signal(7)) until it is
/// disposed.</summary>
/// <remarks>
/// <para>The first signal removes the socket files that this process has bound, and then cancels <see cref="Token"/>. A second one within
/// 100 ms is the same request: a terminal, timeout(1) and npm send it twice. A later one ends the process as if there were no handler,
/// after the files have been removed.</para>
/// <para>Register it before the first address is bound. A signal that the process was started to ignore, as by nohup(1), stays
/// ignored. <see cref="UnixServer.RunAsync"/> needs no other registration.</para>
/// </remarks>
/// <example><code>
/// using var shutdown = new ShutdownSignal();
/// await using var socket = UnixDatagram.Bind(UnixEndPoint.UserRuntime("log.sock"));
/// var buffer = new byte[4096];
/// try
/// {
///     while (true)
///     {
///         var got = await socket.ReceiveAsync(buffer, shutdown.Token);
///         Console.WriteLine(Encoding.UTF8.GetString(buffer.AsSpan(0, got.Count)));
///     }
/// }
/// catch (OperationCanceledException)
/// {
/// }
/// </code></example>
public sealed class ShutdownSignal : IDisposable
{
    private static readonly TimeSpan SameRequest = TimeSpan.FromMilliseconds(100);

    /// <summary>The time that <see cref="BeforeForcedEnd"/> has, which may hang.</summary>
    private static readonly TimeSpan CleanTime = TimeSpan.FromMilliseconds(500);

    private static readonly PosixSignal[] Signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT, PosixSignal.SIGHUP];

    private static readonly Lock Gate = new();
    private static readonly List<ShutdownSignal> Registered = [];

    private static PosixSignalRegistration[] _handlers = [];
    private static PosixSignal _firstSignal;
    private static long? _firstTime;

    private readonly TaskCompletionSource<PosixSignal> _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _source = new();
    private readonly Action _removeAddresses;
    private bool _isNotified;

    /// <summary>Initializes an instance and starts to handle the signals.</summary>
    public ShutdownSignal()
        : this(static () => BoundSocketFiles.RemoveAll(isLast: false))
    {
    }

    /// <param name="removeAddresses">What the first signal removes before anything else happens.</param>
    internal ShutdownSignal(Action removeAddresses)
    {
        _removeAddresses = removeAddresses;
        Token = _source.Token;
        bool isEnding;
        lock (Gate)
        {
            if (_handlers.Length == 0)
                _handlers = [.. Signals.Select(signal => PosixSignalRegistration.Create(signal, Handle))];
            isEnding = _isNotified = IsEnding;
            Registered.Add(this);
        }
        if (isEnding)
            Notify(_firstSignal);
    }

    /// <summary>Gets the token that the first signal cancels.</summary>
    public CancellationToken Token { get; }

    /// <summary>Gets the task that completes with the first signal.</summary>
    public Task<PosixSignal> Received => _received.Task;

    /// <summary>Called after the socket files were removed, before a later signal ends the process.</summary>
    internal Action? BeforeForcedEnd { get; init; }

    // An instance that has received a signal is not disposed yet.
    private static bool IsEnding => Registered.Exists(static registered => registered._isNotified);

    /// <summary>Stops handling the signals; other signals than a repetition of the one received have their previous effect
    /// again.</summary>
    public void Dispose()
    {
        bool wasLast;
        lock (Gate)
        {
            if (!Registered.Remove(this))
                return;
            wasLast = Registered.Count == 0;
        }
        if (wasLast)
            _ = ReleaseAsync();
        _source.Dispose();
    }

    /// <summary>Removes the handlers, after the time in which the first signal may be repeated.</summary>
    private static async Task ReleaseAsync()
    {
        var left = TimeSpan.Zero;
        lock (Gate)
        {
            if (_firstTime is { } first)
                left = SameRequest - TimeSpan.FromMilliseconds(Environment.TickCount64 - first);
        }
        if (left > TimeSpan.Zero)
            await Task.Delay(left).ConfigureAwait(false);
        PosixSignalRegistration[] unused = [];
        lock (Gate)
        {
            if (!IsEnding)
                _firstTime = null;
            if (Registered.Count == 0)
                (unused, _handlers) = (_handlers, unused);
        }
        foreach (var handler in unused)
            handler.Dispose();
    }

    private static void Handle(PosixSignalContext context)
    {
        ShutdownSignal[] registered;
        bool isFirst;
        lock (Gate)
        {
            var now = Environment.TickCount64;
            var isRepetition = _firstTime is { } first && now - first < SameRequest.TotalMilliseconds;
            registered = [.. Registered];
            isFirst = registered.Length > 0 && !isRepetition && !IsEnding;
            context.Cancel = isFirst || isRepetition;
            if (isRepetition)
                return;
            if (isFirst)
            {
                (_firstTime, _firstSignal) = (now, context.Signal);
                Array.ForEach(registered, static one => one._isNotified = true);
            }
        }

        if (isFirst)
        {
            foreach (var one in registered)
                one.Notify(context.Signal);
            return;
        }

        BoundSocketFiles.RemoveAll(isLast: true);
        foreach (var one in registered)
            one.Clean();
    }

    private void Clean()
    {
        if (BeforeForcedEnd is not { } clean)
            return;
        var cleaning = new Thread(() => clean()) { IsBackground = true };
        cleaning.Start();
        cleaning.Join(CleanTime);
    }

    private void Notify(PosixSignal signal)
    {
        _removeAddresses();
        if (!_received.TrySetResult(signal))
            return;
        try
        {
            _ = _source.CancelAsync(); // asynchronously: callbacks may block, and other instances have to be notified
        }
        catch (ObjectDisposedException)
        {
            // disposed meanwhile
        }
    }
}
