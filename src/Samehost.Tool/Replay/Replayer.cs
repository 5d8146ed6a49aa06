using System.Net.Sockets;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Relay;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Replay;

/// <summary>Replays one side of a recording to a live peer, and reports where the peer differs.</summary>
internal sealed class Replayer(Recording recording, ToolAddress address, ReplayOptions options)
{
    private long _sent;
    private long _compared;
    private int _connections;

    /// <summary>
    /// Replays the clients, in the order of the recording: nothing is sent before all data that was received earlier has arrived.
    /// </summary>
    public async Task<int> AsClientAsync(CancellationToken cancellationToken)
    {
        var events = recording.Connections.ToDictionary(c => c.Key, c => c.ToArray());
        var open = new Dictionary<int, ReplayedConnection>();
        try
        {
            foreach (var step in recording.Events)
            {
                if (step.Event == RecordingLine.Open)
                {
                    var connection = await ConnectAsync(cancellationToken);
                    open.Add(step.Connection, new ReplayedConnection(
                        connection, events[step.Connection], Direction.ToServer, options.AnswerTimeout, cancellationToken));
                    continue;
                }
                if (!await StepAsync(open[step.Connection], step, Direction.ToServer, cancellationToken))
                    return ExitStatus.Failure;
                if (step.Event == RecordingLine.Close)
                    Count(open, step.Connection);
            }
            foreach (var left in open.Keys.ToArray())
                Count(open, left); // the recording was stopped before they ended
        }
        finally
        {
            foreach (var connection in open.Values)
                connection.Dispose();
        }
        Report("as recorded");
        return ExitStatus.Success;
    }

    /// <summary>Replays the server for as many clients as the recording has, in order.</summary>
    public async Task<int> AsServerAsync(CancellationToken cancellationToken)
    {
        if (recording.SocketType == SocketType.Dgram)
            throw new ToolException("datagrams are replayed as a client only", ExitStatus.UsageError);
        var work = new List<Task<bool>>();
        await using var clients = new ReplayListener(address, recording.SocketType, options);
        if (!options.IsQuiet)
            TerminalWriter.WriteError($"answering at {clients.Address} as recorded");
        try
        {
            foreach (var connection in recording.Connections)
            {
                var client = await clients.AcceptAsync(cancellationToken);
                work.Add(AnswerAsync(client, [.. connection], cancellationToken));
            }
            var same = await Task.WhenAll(work);
            if (Array.TrueForAll(same, s => s))
                Report("as recorded");
            return Array.TrueForAll(same, s => s) ? ExitStatus.Success : ExitStatus.Failure;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (!options.IsQuiet)
            {
                var all = CountText.Of(recording.Connections.Count(), "connection");
                TerminalWriter.WriteError($"stopped: {_connections} of {all} answered as recorded");
            }
            return work.Exists(w => w is { IsCompletedSuccessfully: true, Result: false }) ? ExitStatus.Failure : ExitStatus.Success;
        }
    }

    private async Task<bool> AnswerAsync(ToolConnection client, RecordedEvent[] events, CancellationToken cancellationToken)
    {
        using var connection = new ReplayedConnection(client, events, Direction.ToClient, options.AnswerTimeout, cancellationToken);
        foreach (var step in events)
        {
            if (!await StepAsync(connection, step, Direction.ToClient, cancellationToken))
                return false;
        }
        Interlocked.Increment(ref _connections);
        Interlocked.Add(ref _sent, connection.BytesSent);
        Interlocked.Add(ref _compared, connection.BytesCompared);
        return true;
    }

    private static async Task<bool> StepAsync(
        ReplayedConnection connection, RecordedEvent step, Direction ours, CancellationToken cancellationToken)
    {
        if (step.Descriptors > 0 && step.Direction == ours)
            TerminalWriter.WriteError($"line {step.Line}: a descriptor that was sent here cannot be sent again; only the bytes are");
        string? problem = null;
        try
        {
            if (await connection.StepAsync(step, cancellationToken))
                return true;
        }
        catch (Exception error) when (error is IOException or SocketException or TimeoutException)
        {
            problem = ErrorReport.Summary(error);
        }
        cancellationToken.ThrowIfCancellationRequested();
        TerminalWriter.WriteError($"connection {step.Connection} differs at line {step.Line}: {connection.Difference ?? problem}");
        return false;
    }

    private async Task<ToolConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (address.Kind == ToolAddressKinds.Tcp)
        {
            if (recording.SocketType != SocketType.Stream)
                throw new ToolException($"a recording of {recording.SocketType.ToName()} cannot be replayed over TCP");
            return new TcpStreamConnection(await TcpConnector.ConnectAsync(address.Host, address.Port, options.Wait, cancellationToken));
        }
        return await ServerConnector.ConnectAsync(
            address.Local!, recording.SocketType, options.Wait, requireServer: null, localAddress: null, cancellationToken);
    }

    private void Count(Dictionary<int, ReplayedConnection> open, int number)
    {
        open.Remove(number, out var connection);
        _connections++;
        _sent += connection!.BytesSent;
        _compared += connection.BytesCompared;
        connection.Dispose();
    }

    private void Report(string verdict)
    {
        if (!options.IsQuiet)
        {
            var (connections, sent) = (CountText.Of(_connections, "connection"), CountText.Of(_sent, "byte"));
            TerminalWriter.WriteLine($"{connections} {verdict}: {sent} sent, {_compared} received");
        }
    }
}

/// <summary>The options given to <c>samehost replay</c>.</summary>
/// <param name="Wait">How long to wait for a server; null when not given.</param>
/// <param name="AnswerTimeout">How long to wait for each answer.</param>
/// <param name="SocketFile">The options of the socket file to listen at.</param>
/// <param name="Allow">Which clients are accepted.</param>
/// <param name="IsQuiet">Whether only differences are reported.</param>
internal sealed record ReplayOptions(TimeSpan? Wait, TimeSpan AnswerTimeout, SocketFileOptions SocketFile, PeerPolicy? Allow, bool IsQuiet);

/// <summary>Accepts the clients of a replayed server.</summary>
internal sealed class ReplayListener : IAsyncDisposable
{
    private readonly UnixListener? _streams;
    private readonly UnixSeqpacketListener? _records;
    private readonly Socket? _tcp;

    public ReplayListener(ToolAddress address, SocketType kind, ReplayOptions options)
    {
        var listening = new UnixListenerOptions { SocketFile = options.SocketFile, PeerPolicy = options.Allow };
        if (address.Kind == ToolAddressKinds.Tcp)
        {
            if (kind != SocketType.Stream)
                throw new ToolException($"a recording of {kind.ToName()} cannot be replayed over TCP");
            _tcp = TcpRelayListener.Listen(address);
        }
        else if (kind == SocketType.Seqpacket)
        {
            _records = UnixSeqpacketListener.Listen(address.Local!, listening);
        }
        else
        {
            _streams = UnixListener.Listen(address.Local!, listening);
        }
        Address = _tcp is null ? $"{_streams?.LocalEndPoint ?? _records!.LocalEndPoint}" : $"tcp:{_tcp.LocalEndPoint}";
    }

    public string Address { get; }

    public async Task<ToolConnection> AcceptAsync(CancellationToken cancellationToken)
    {
        if (_tcp is not null)
            return new TcpStreamConnection(await _tcp.AcceptAsync(cancellationToken));
        return _records is null
            ? ToolConnection.Of(await _streams!.AcceptAsync(cancellationToken))
            : ToolConnection.Of(await _records.AcceptAsync(cancellationToken));
    }

    public ValueTask DisposeAsync()
    {
        _streams?.Dispose();
        _records?.Dispose();
        _tcp?.Dispose();
        return ValueTask.CompletedTask;
    }
}
