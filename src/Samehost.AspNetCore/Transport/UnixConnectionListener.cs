using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>A server whose connections are handed to Kestrel.</summary>
internal sealed class UnixConnectionListener : IConnectionListener
{
    private static readonly TimeSpan UnwindTime = TimeSpan.FromSeconds(1);

    // Who has connected is about to ask; who has not by then only keeps a connection ready.
    private static readonly TimeSpan TimeToAsk = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    private readonly Channel<UnixConnection> _accepted =
        Channel.CreateUnbounded<UnixConnection>(new() { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly Pulse _pulse = new();
    private readonly Retirement _retirement;
    private readonly ILogger _logger;
    private readonly UnixServer _server;
    private UnixHandover? _offer;
    private bool _tookOver;
    private Task? _stop;
    private int _unbound;
    private int _stopped;
    private int _observed;

    private UnixConnectionListener(
        EndPoint endPoint, UnixListener listener, UnixListenOptions options, ILogger logger, Retirement retirement)
    {
        EndPoint = endPoint;
        _logger = logger;
        _retirement = retirement;
        int room = DescriptorRoom.For(options.MaxConnections);
        if (room < options.MaxConnections)
            TransportEvents.LittleRoom(logger, endPoint.ToString()!, room);
        _server = UnixServer.Start(listener, ServeAsync, new UnixServerOptions
        {
            MaxConnections = room, // of this endpoint alone; what follows holds for all of them
            ReservedDescriptors = DescriptorRoom.Kept(),
            MaxConnectionsPerUser = options.MaxConnectionsPerUser,
            DrainTimeout = Timeout.InfiniteTimeSpan, // Kestrel waits, and then aborts
            Events = new TransportEvents(logger, endPoint.ToString()!),
        });
        _server.Completion.ContinueWith(
            static (end, me) => ((UnixConnectionListener)me!).HasStopped(end.Exception), this,
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public EndPoint EndPoint { get; }

    /// <summary>Takes the socket over from a running process or from a service manager, or binds it.</summary>
    public static async Task<UnixConnectionListener> StartAsync(
        EndPoint endPoint, UnixListenOptions options, ILogger logger, Retirement retirement, CancellationToken token)
    {
        var started = options.HandoverControl is null
            ? null
            : await Succession.RepeatAsync(
                () => TrySucceedAsync(endPoint, options, logger, retirement, token),
                e => TransportEvents.PredecessorLeft(logger, endPoint.ToString()!, e.Message),
                options.HandoverControl, token).ConfigureAwait(false);
        try
        {
            started ??= new UnixConnectionListener(
                endPoint,
                (options.SystemdName is { } name ? ActivatedSockets.TryTake(name, options.Listener) : null)
                    ?? UnixListener.Listen(options.Address, options.Listener),
                options, logger, retirement);
            if (options.HandoverControl is { } next)
            {
                retirement.Offered(started);
                started._offer = Succession.Offer(next, started._server, logger, endPoint.ToString()!);
            }

            return started;
        }
        catch
        {
            if (started is not null)
                await started.DisposeAsync().ConfigureAwait(false);
            throw;
        }
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
        if (Interlocked.Exchange(ref _unbound, 1) == 0)
        {
            if (_tookOver && !_retirement.HasStarted)
                TransportEvents.TookOverInVain(_logger, EndPoint.ToString()!);
            _retirement.Withdrawn(this);
            _stop = _server.StopAsync();
        }

        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes what is left, under whoever works on it.</summary>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        _pulse.Dispose();
        foreach (var connection in _pulse.Connections())
            connection.Abandon();
        await _stop!.WaitAsync(UnwindTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_offer is not null)
            await _offer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Takes the socket over from a running process; null when there is none.</summary>
    private static async Task<UnixConnectionListener?> TrySucceedAsync(
        EndPoint endPoint, UnixListenOptions options, ILogger logger, Retirement retirement, CancellationToken token)
    {
        var control = options.HandoverControl!;
        await using var takeOver = await Succession.TryRequestAsync(control, options.Listener, token).ConfigureAwait(false);
        if (takeOver is null)
            return null;
        var started = new UnixConnectionListener(endPoint, takeOver.Listener, options, logger, retirement);
        try
        {
            await Succession.ConfirmAsync(takeOver, control, token).ConfigureAwait(false);
        }
        catch
        {
            await started.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        started._tookOver = true;
        TransportEvents.TookOver(logger, endPoint.ToString()!);
        return started;
    }

    private Task ServeAsync(UnixStream stream, CancellationToken stopping)
    {
        if (_observed == 0 && Interlocked.Exchange(ref _observed, 1) == 0)
            stopping.UnsafeRegister(static me => ((UnixConnectionListener)me!).HasStopped(null), this);
        var connection = new UnixConnection(stream, EndPoint, _pulse, _logger);
        _pulse.Add(connection); // until it is done
        if (_accepted.Writer.TryWrite(connection))
            return connection.Done;
        _pulse.Remove(connection);
        return Task.CompletedTask; // Kestrel takes no more once it stops: then the connection is closed at once, unanswered
    }

    /// <summary>Nothing is accepted any more. If Kestrel has not asked for it, a successor has, or accepting failed for good.</summary>
    private void HasStopped(AggregateException? error)
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0 || Volatile.Read(ref _unbound) != 0)
            return;
        if (error is not null)
        {
            _accepted.Writer.TryComplete();
            TransportEvents.AcceptEnded(_logger, EndPoint.ToString()!, error.InnerException);
            return;
        }

        _tookOver = false; // and not in vain: somebody serves it
        TransportEvents.HandedOver(_logger, EndPoint.ToString()!);
        _ = RetireAsync();
    }

    /// <summary>Lets the last ones that were accepted come here and ask first: a stop closes at once whoever has not asked anything
    /// yet.</summary>
    private async Task RetireAsync()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeToAsk && SomeAreToAsk())
            await Task.Delay(BetweenLooks).ConfigureAwait(false);
        _retirement.HandedOver(this);

        bool SomeAreToAsk()
        {
            int accepted = _server.ConnectionCount;
            var here = _pulse.Connections();
            return accepted > here.Length || here.Any(c => c.IsSilent);
        }
    }
}
