using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Samehost.Hosting;

namespace Samehost.AspNetCore.Transport;

/// <summary>A <see cref="UnixServer"/> whose connections Kestrel accepts.</summary>
internal sealed class UnixConnectionListener : IConnectionListener
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    // A client that has just connected is about to send a request; one that has not by then only keeps a connection open.
    private static readonly TimeSpan FirstByteTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstByteInterval = TimeSpan.FromMilliseconds(5);

    private readonly Channel<UnixConnection> _accepted =
        Channel.CreateUnbounded<UnixConnection>(new() { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly DisconnectMonitor _monitor = new();
    private readonly HandoverShutdown _handoverShutdown;
    private readonly ILogger _logger;
    private readonly UnixServer _server;
    private UnixHandoverOffer? _offer;
    private bool _hasAcceptedHandover;
    private Task? _stop;
    private int _isUnbound;
    private int _hasStopped;
    private int _isObserved;

    private UnixConnectionListener(
        EndPoint endPoint, UnixListener listener, UnixTransportOptions options, ILogger logger, HandoverShutdown handoverShutdown)
    {
        EndPoint = endPoint;
        _logger = logger;
        _handoverShutdown = handoverShutdown;
        var maxConnections = DescriptorLimit.ClampConnections(options.MaxConnections);
        if (maxConnections < options.MaxConnections)
            TransportLog.ConnectionsLimited(logger, endPoint.ToString()!, maxConnections);
        var serverOptions = options.CreateServerOptions();
        serverOptions.MaxConnections = maxConnections; // for this endpoint alone; the reserve is common to all of them
        serverOptions.ReservedDescriptors = DescriptorLimit.GetReserve();
        serverOptions.DrainTimeout = Timeout.InfiniteTimeSpan; // Kestrel waits, then aborts
        serverOptions.Events = new TransportLog(logger, endPoint.ToString()!);
        _server = UnixServer.Start(listener, ServeAsync, serverOptions);
        _ = _server.Completion.ContinueWith(
            static (completion, me) => ((UnixConnectionListener)me!).OnServerStopped(completion.Exception), this,
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public EndPoint EndPoint { get; }

    /// <summary>Accepts the socket from a running process or from systemd, or binds it.</summary>
    public static async Task<UnixConnectionListener> BindAsync(
        EndPoint endPoint, UnixTransportOptions options, ILogger logger, HandoverShutdown handoverShutdown,
        CancellationToken cancellationToken)
    {
        var listener = options.HandoverEndPoint is not { } from
            ? null
            : await TryAcceptHandoverAsync(endPoint, from, options, logger, handoverShutdown, cancellationToken).ConfigureAwait(false);
        try
        {
            var listenerOptions = options.CreateServerOptions().Listener;
            listener ??= new UnixConnectionListener(
                endPoint,
                SocketActivation.Find(
                    options.SystemdSocketName, options.EndPoint, SystemdSocketKind.StreamListener,
                    hint => TransportLog.SocketsPassedToOther(logger, endPoint.ToString()!, hint))?.TakeListener(listenerOptions)
                    ?? UnixListener.Listen(options.EndPoint, listenerOptions),
                options, logger, handoverShutdown);
            if (options.HandoverEndPoint is { } handoverEndPoint)
                listener.OfferHandover(handoverEndPoint);
            return listener;
        }
        catch
        {
            if (listener is not null)
                await listener.DisposeAsync().ConfigureAwait(false);
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

    /// <summary>Stops accepting and removes the path; connections that were accepted continue.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isUnbound, 1) == 0)
        {
            if (_hasAcceptedHandover && !_handoverShutdown.IsApplicationStarted)
                TransportLog.StartFailedAfterHandover(_logger, EndPoint.ToString()!);
            _handoverShutdown.OnWithdrawn(this);
            _stop = _server.StopAsync(CancellationToken.None); // Kestrel closes connections by itself
        }

        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes the remaining connections, even while they are being processed.</summary>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        _monitor.Dispose();
        foreach (var connection in _monitor.GetConnections())
            connection.ForceClose();
        await _stop!.WaitAsync(CloseTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_offer is not null)
            await _offer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Accepts the handover of the socket from a running process; returns <see langword="null"/> if none offers it.</summary>
    private static async Task<UnixConnectionListener?> TryAcceptHandoverAsync(
        EndPoint endPoint, UnixEndPoint handoverEndPoint, UnixTransportOptions options, ILogger logger, HandoverShutdown handoverShutdown,
        CancellationToken cancellationToken)
    {
        var listener = await HandoverRetry.AcceptAsync(
            handoverEndPoint, options.CreateServerOptions().Listener,
            handover => new UnixConnectionListener(
                endPoint,
                handover.Listener ?? throw new InvalidOperationException(
                    $"The process that offers a handover at {handoverEndPoint} serves no streams."),
                options, logger, handoverShutdown),
            e => TransportLog.HandoverRetried(logger, endPoint.ToString()!, e.Message), cancellationToken).ConfigureAwait(false);
        if (listener is null)
            return null;
        listener._hasAcceptedHandover = true;
        TransportLog.HandoverAccepted(logger, endPoint.ToString()!);
        return listener;
    }

    private void OfferHandover(UnixEndPoint handoverEndPoint)
    {
        _handoverShutdown.OnOffered(this);
        _offer = UnixHandover.Offer(handoverEndPoint, _server, new UnixHandoverOptions
        {
            OnFailed = e => TransportLog.HandoverFailed(_logger, EndPoint.ToString()!, e),
        });
    }

    private Task ServeAsync(UnixStream stream, CancellationToken stopping)
    {
        if (_isObserved == 0 && Interlocked.Exchange(ref _isObserved, 1) == 0)
            stopping.UnsafeRegister(static me => ((UnixConnectionListener)me!).OnServerStopped(null), this);
        var connection = new UnixConnection(stream, EndPoint, _monitor, _logger);
        _monitor.Add(connection); // which removes itself when it completes
        if (_accepted.Writer.TryWrite(connection))
            return connection.Completion;
        _monitor.Remove(connection);
        return Task.CompletedTask; // Kestrel is stopping: the connection is closed unanswered
    }

    /// <summary>Handles the end of accepting: if Kestrel has not requested it, a successor has, or accepting has failed.</summary>
    private void OnServerStopped(AggregateException? error)
    {
        if (Interlocked.Exchange(ref _hasStopped, 1) != 0 || Volatile.Read(ref _isUnbound) != 0)
            return;
        if (error is not null)
        {
            _accepted.Writer.TryComplete();
            TransportLog.AcceptStopped(_logger, EndPoint.ToString()!, error.InnerException);
            return;
        }

        _hasAcceptedHandover = false; // the successor serves, so a failed start of this process no longer matters
        TransportLog.HandedOver(_logger, EndPoint.ToString()!);
        _ = CompleteHandoverAsync();
    }

    /// <summary>Waits until the connections accepted last have sent a first byte, because a stop closes idle connections at once.</summary>
    private async Task CompleteHandoverAsync()
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < FirstByteTimeout && IsAnyAwaitingFirstByte())
            await Task.Delay(FirstByteInterval).ConfigureAwait(false);
        _handoverShutdown.OnHandedOver(this);

        bool IsAnyAwaitingFirstByte()
        {
            var accepted = _server.ConnectionCount;
            var connections = _monitor.GetConnections();
            return accepted > connections.Length || connections.Any(c => c.IsAwaitingFirstByte);
        }
    }
}
