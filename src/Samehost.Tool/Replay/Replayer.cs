using System.Net.Sockets;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Relay;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Replay;

/// <summary>Plays one side of a recording to a living other side, and says where that does otherwise.</summary>
internal sealed class Replayer(Recording recording, ToolAddress address, ReplayOptions options)
{
    private long _sent;
    private long _compared;
    private int _connections;

    /// <summary>Is every client, in the order of the recording: nothing is sent before all that was answered earlier has been.</summary>
    public async Task<int> AsClientAsync(CancellationToken stop)
    {
        var events = recording.Connections.ToDictionary(c => c.Key, c => c.ToArray());
        var open = new Dictionary<int, ReplayedConnection>();
        try
        {
            foreach (RecordedEvent step in recording.Events)
            {
                if (step.Event == RecordingLine.Open)
                {
                    ToolConnection connection = await ConnectAsync(stop);
                    open.Add(step.Connection, new ReplayedConnection(
                        connection, events[step.Connection], Direction.ToServer, options.Patience, stop));
                    continue;
                }
                if (!await StepAsync(open[step.Connection], step, Direction.ToServer, stop))
                    return ExitStatus.Failure;
                if (step.Event == RecordingLine.Close)
                    Count(open, step.Connection);
            }
            foreach (int left in open.Keys.ToArray())
                Count(open, left); // the recording was stopped before they ended
        }
        finally
        {
            foreach (ReplayedConnection connection in open.Values)
                connection.Dispose();
        }
        Report("as recorded");
        return ExitStatus.Success;
    }

    /// <summary>Is the server for as many clients as the recording has, each in its turn.</summary>
    public async Task<int> AsServerAsync(CancellationToken stop)
    {
        if (recording.Kind == SocketKind.Datagram)
            throw new ToolException("datagrams are replayed as a client only", ExitStatus.UsageError);
        var work = new List<Task<bool>>();
        await using var clients = new ReplayListener(address, recording.Kind, options);
        if (!options.IsQuiet)
            TerminalWriter.WriteError($"answering at {clients.Address} as recorded");
        foreach (var connection in recording.Connections)
        {
            ToolConnection client = await clients.AcceptAsync(stop);
            work.Add(AnswerAsync(client, [.. connection], stop));
        }
        bool[] same = await Task.WhenAll(work);
        if (Array.TrueForAll(same, s => s))
            Report("as recorded");
        return Array.TrueForAll(same, s => s) ? ExitStatus.Success : ExitStatus.Failure;
    }

    private async Task<bool> AnswerAsync(ToolConnection client, RecordedEvent[] events, CancellationToken stop)
    {
        using var connection = new ReplayedConnection(client, events, Direction.ToClient, options.Patience, stop);
        foreach (RecordedEvent step in events)
        {
            if (!await StepAsync(connection, step, Direction.ToClient, stop))
                return false;
        }
        Interlocked.Increment(ref _connections);
        Interlocked.Add(ref _sent, connection.BytesSent);
        Interlocked.Add(ref _compared, connection.BytesCompared);
        return true;
    }

    private static async Task<bool> StepAsync(ReplayedConnection connection, RecordedEvent step, Direction ours, CancellationToken stop)
    {
        if (step.Descriptors > 0 && step.Direction == ours)
            TerminalWriter.WriteError($"line {step.Line}: a descriptor that was sent here cannot be sent again; only the bytes are");
        string? problem = null;
        try
        {
            if (await connection.StepAsync(step, stop))
                return true;
        }
        catch (Exception error) when (error is IOException or SocketException or TimeoutException)
        {
            problem = ErrorReport.Summary(error);
        }
        stop.ThrowIfCancellationRequested();
        TerminalWriter.WriteError($"connection {step.Connection} differs at line {step.Line}: {connection.Difference ?? problem}");
        return false;
    }

    private async Task<ToolConnection> ConnectAsync(CancellationToken stop)
    {
        if (address.Kind == ToolAddressKinds.Tcp)
        {
            if (recording.Kind != SocketKind.Stream)
                throw new ToolException($"a recording of {recording.Kind.ToString().ToLowerInvariant()} cannot be replayed over TCP");
            return new TcpStreamConnection(await TcpConnector.ConnectAsync(address.Host, address.Port, options.Wait, stop));
        }
        UnixConnectOptions patience = ServerConnector.ConnectOptions(options.Wait);
        switch (recording.Kind)
        {
            case SocketKind.Seqpacket:
                return ToolConnection.Of(await UnixSeqpacket.ConnectAsync(address.Local!, patience, stop));
            case SocketKind.Datagram:
                var datagram = UnixDatagram.Bind(UnixEndPoint.Autobind, new UnixDatagramOptions { PeerPolicy = PeerPolicy.Anyone });
                await ServerConnector.WaitAsync(() => datagram.Connect(address.Local!), options.Wait ?? TimeSpan.Zero, stop);
                return new DatagramConnection(datagram);
            default:
                return ToolConnection.Of(await UnixStream.ConnectAsync(address.Local!, patience, stop));
        }
    }

    private void Count(Dictionary<int, ReplayedConnection> open, int number)
    {
        open.Remove(number, out ReplayedConnection? connection);
        _connections++;
        _sent += connection!.BytesSent;
        _compared += connection.BytesCompared;
        connection.Dispose();
    }

    private void Report(string verdict)
    {
        string what = _connections == 1 ? "connection" : "connections";
        if (!options.IsQuiet)
            TerminalWriter.WriteLine($"{_connections} {what} {verdict}: {_sent} bytes sent, {_compared} received");
    }
}

/// <summary>How a recording is replayed.</summary>
/// <param name="Wait">How long a server may take to be there; null where it was not given.</param>
/// <param name="Patience">How long an answer may take.</param>
/// <param name="SocketFile">Of the address to listen at.</param>
/// <param name="Allow">Which clients are answered.</param>
/// <param name="IsQuiet">Only differences are told.</param>
internal sealed record ReplayOptions(TimeSpan? Wait, TimeSpan Patience, SocketFileOptions SocketFile, PeerPolicy? Allow, bool IsQuiet);

/// <summary>Those who come to be answered as recorded.</summary>
internal sealed class ReplayListener : IAsyncDisposable
{
    private readonly UnixListener? _streams;
    private readonly UnixSeqpacketListener? _records;
    private readonly Socket? _tcp;

    public ReplayListener(ToolAddress address, SocketKind kind, ReplayOptions options)
    {
        var listening = new UnixListenerOptions { SocketFile = options.SocketFile, PeerPolicy = options.Allow };
        if (address.Kind == ToolAddressKinds.Tcp)
        {
            if (kind != SocketKind.Stream)
                throw new ToolException($"a recording of {kind.ToString().ToLowerInvariant()} cannot be replayed over TCP");
            _tcp = TcpRelayListener.Listen(address);
        }
        else if (kind == SocketKind.Seqpacket)
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

    public async Task<ToolConnection> AcceptAsync(CancellationToken stop)
    {
        if (_tcp is not null)
            return new TcpStreamConnection(await _tcp.AcceptAsync(stop));
        return _records is null
            ? ToolConnection.Of(await _streams!.AcceptAsync(stop))
            : ToolConnection.Of(await _records.AcceptAsync(stop));
    }

    public ValueTask DisposeAsync()
    {
        _streams?.Dispose();
        _records?.Dispose();
        _tcp?.Dispose();
        return ValueTask.CompletedTask;
    }
}
