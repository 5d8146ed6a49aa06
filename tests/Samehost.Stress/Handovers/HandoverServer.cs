using System.Globalization;
using System.Text;
using Samehost.Stress.Running;

namespace Samehost.Stress.Handovers;

/// <summary>
/// <c>handover-server PATH CONTROL</c>: a server that takes part in handovers. <c>listen</c> binds the path, <c>accept</c> accepts a
/// handover from a running server; both reply <c>serving</c> or <c>failed MESSAGE</c>. <c>status</c> replies <c>idle</c>, <c>serving</c> or
/// <c>handed over</c>. The response to each line of a client is the line and its number on the connection. Open connections are handed over
/// as well.
/// </summary>
internal sealed class HandoverServer(UnixEndPoint address, UnixEndPoint control)
{
    private string _status = "idle";

    public static async Task RunAsync(string[] arguments)
    {
        var server = new HandoverServer(UnixEndPoint.FromPath(arguments[0]), UnixEndPoint.FromPath(arguments[1]));
        WorkerConsole.WriteLine("ready");
        foreach (var line in WorkerConsole.ReadLines())
        {
            if (line == "status")
            {
                WorkerConsole.WriteLine(Volatile.Read(ref server._status));
                continue;
            }
            try
            {
                await server.ServeAsync(acceptHandover: line == "accept");
                WorkerConsole.WriteLine("serving");
            }
            catch (Exception e) when (e is UnixSocketException or IOException)
            {
                WorkerConsole.WriteLine($"failed {e.Message.ReplaceLineEndings(" ")}");
            }
        }
        Environment.Exit(0); // without draining connections: the campaign has ended
    }

    private async Task ServeAsync(bool acceptHandover)
    {
        var connections = new ParkedLines();
        UnixServer server;
        if (acceptHandover)
        {
            await using var accepted = await UnixHandover.AcceptAsync(control);
            server = UnixServer.Start(accepted.Listener!, connections.ServeAsync);
            try
            {
                foreach (var connection in await accepted.CompleteAsync())
                    _ = connections.ResumeAsync(connection);
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
        else
        {
            server = UnixServer.Start(address, connections.ServeAsync);
        }

        connections.Accepted = () => server.ConnectionCount;
        var handover = await OfferAsync(server, new UnixHandoverOptions
        {
            OfferConnections = connections.ParkAsync,
            RestoreConnections = connections.Restore,
            OnFailed = static e => Console.Error.WriteLine($"A candidate failed: {e.Message}"),
        });
        Volatile.Write(ref _status, "serving");
        _ = StopAfterHandoverAsync(handover, server);
    }

    /// <summary>Offers a handover as soon as the control address is free.</summary>
    private async Task<UnixHandoverOffer> OfferAsync(UnixServer server, UnixHandoverOptions options)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return UnixHandover.Offer(control, server, options);
            }
            catch (UnixSocketException) when (attempt < 200)
            {
                await Task.Delay(5); // a killed predecessor left its file, or the predecessor is closing its socket
            }
        }
    }

    private async Task StopAfterHandoverAsync(UnixHandoverOffer handover, UnixServer server)
    {
        try
        {
            await handover.Completion;
            await server.StopAsync();
        }
        catch (OperationCanceledException)
        {
            // the server was stopped
        }
        Volatile.Write(ref _status, "handed over");
    }

    /// <summary>Connections that can be parked between two lines and resumed in another process.</summary>
    private sealed class ParkedLines
    {
        private readonly Lock _lock = new();
        private CancellationTokenSource _parking = new();
        private TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private List<UnixHandoverConnection> _parked = [];
        private int _serving;
        private int _resumedCount;

        /// <summary>Returns the number of accepted connections, including those whose handler has not started.</summary>
        public Func<int> Accepted { get; set; } = static () => 0;

        public Task ServeAsync(UnixStream stream, CancellationToken stopping) => ServeAsync(stream, 0, stopping);

        public async Task ResumeAsync(UnixHandoverConnection connection)
        {
            await using var stream = connection.Stream;
            lock (_lock)
                _resumedCount++;
            var count = int.Parse(Encoding.ASCII.GetString(connection.State.Span), CultureInfo.InvariantCulture);
            try
            {
                await ServeAsync(stream, count, CancellationToken.None);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // the client disconnected, or the connection was handed over again
            }
            finally
            {
                lock (_lock)
                    _resumedCount--;
            }
        }

        public async Task<IReadOnlyList<UnixHandoverConnection>> ParkAsync(CancellationToken cancellationToken)
        {
            await _parking.CancelAsync();
            while (true)
            {
                lock (_lock)
                {
                    if (_parked.Count == _serving && _serving == Accepted() + _resumedCount)
                        return [.. _parked];
                }
                await Task.Delay(1, cancellationToken);
            }
        }

        public void Restore(IReadOnlyList<UnixHandoverConnection> connections)
        {
            lock (_lock)
            {
                _parking = new CancellationTokenSource();
                _parked = [];
                var resumed = _resumed;
                _resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                resumed.SetResult();
            }
        }

        private async Task ServeAsync(UnixStream stream, int count, CancellationToken stopping)
        {
            lock (_lock)
                _serving++;
            try
            {
                var buffer = new byte[64];
                while (true)
                {
                    CancellationToken parking;
                    Task resumed;
                    lock (_lock)
                        (parking, resumed) = (_parking.Token, _resumed.Task);
                    int read;
                    try
                    {
                        // Without the server's token: a connection that is not handed over is served to its end.
                        read = await stream.ReadAsync(buffer, parking);
                    }
                    catch (OperationCanceledException)
                    {
                        lock (_lock)
                            _parked.Add(new UnixHandoverConnection(stream, Encoding.ASCII.GetBytes($"{count}")));
                        await resumed.WaitAsync(stopping); // canceled when the server stops after a handover
                        continue;
                    }
                    if (read == 0)
                        return;
                    var line = Encoding.ASCII.GetString(buffer, 0, read).TrimEnd('\n');
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"{line} {++count}\n"), CancellationToken.None);
                }
            }
            finally
            {
                lock (_lock)
                    _serving--;
            }
        }
    }
}
