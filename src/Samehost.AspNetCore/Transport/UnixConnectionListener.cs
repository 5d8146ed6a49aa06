using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>A server whose connections are handed to Kestrel.</summary>
internal sealed class UnixConnectionListener : IConnectionListener
{
    private static readonly TimeSpan UnwindTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(1);

    private readonly Channel<UnixConnection> _accepted =
        Channel.CreateUnbounded<UnixConnection>(new() { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly ConcurrentDictionary<UnixConnection, byte> _live = [];
    private readonly ILogger _logger;
    private readonly UnixServer _server;
    private readonly Timer _heartbeat;
    private Task? _stop;

    private UnixConnectionListener(EndPoint endPoint, UnixListener listener, UnixListenOptions options, ILogger logger)
    {
        EndPoint = endPoint;
        _logger = logger;
        _server = UnixServer.Start(listener, ServeAsync, new UnixServerOptions
        {
            MaxConnections = options.MaxConnections,
            MaxConnectionsPerUser = options.MaxConnectionsPerUser,
            DrainTimeout = Timeout.InfiniteTimeSpan, // Kestrel waits, and then aborts
            Events = new TransportEvents(logger, endPoint.ToString()!),
        });
        _heartbeat = new Timer(static me => ((UnixConnectionListener)me!).Heartbeat(), this, HeartbeatInterval, HeartbeatInterval);
        _server.Completion.ContinueWith(static (end, me) => ((UnixConnectionListener)me!).AcceptEnded(end.Exception), this,
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public EndPoint EndPoint { get; }

    public static async Task<UnixConnectionListener> StartAsync(
        EndPoint endPoint, UnixListenOptions options, ILogger logger, IHostApplicationLifetime? application, CancellationToken token)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        return new UnixConnectionListener(endPoint, UnixListener.Listen(options.Address, options.Listener), options, logger);
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_accepted.Reader.TryRead(out var connection))
                return connection;
        }

        return null;
    }

    /// <summary>Accepts no more, and removes the path; the connections that are there go on.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _stop ??= _server.StopAsync();
        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes what is left, under whoever works on it.</summary>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        await _heartbeat.DisposeAsync().ConfigureAwait(false);
        foreach (var connection in _live.Keys)
            connection.Abandon();
        await _stop!.WaitAsync(UnwindTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync(UnixStream stream, CancellationToken stopping)
    {
        var connection = new UnixConnection(stream, EndPoint);
        _live.TryAdd(connection, 0);
        // Kestrel takes no more once it stops: then the connection is closed at once, unanswered.
        if (_accepted.Writer.TryWrite(connection))
            await connection.Done.ConfigureAwait(false);
        _live.TryRemove(connection, out _);
    }

    private void Heartbeat()
    {
        foreach (var (connection, _) in _live)
            connection.Heartbeat();
    }

    private void AcceptEnded(Exception? error)
    {
        if (error is not null)
            TransportEvents.AcceptEnded(_logger, EndPoint.ToString()!, error.InnerException);
        _accepted.Writer.TryComplete();
    }
}
