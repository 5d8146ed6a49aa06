using System.Globalization;
using System.Text;
using Samehost.Stress.Running;

namespace Samehost.Stress.Handovers;

/// <summary>
/// <c>handover-server PATH CONTROL</c>: a server that comes and goes. <c>listen</c> binds, <c>take</c> takes over from a running one; each
/// says <c>serving</c> or <c>failed MESSAGE</c>. <c>status</c> says <c>idle</c>, <c>serving</c> or <c>left</c>. It answers each line of a
/// client with the line and how many it has answered on this connection; connections that live during a handover go along.
/// </summary>
internal sealed class HandoverServer(UnixEndPoint address, UnixEndPoint control)
{
    private string _status = "idle";

    public static async Task RunAsync(string[] arguments)
    {
        var server = new HandoverServer(UnixEndPoint.FromPath(arguments[0]), UnixEndPoint.FromPath(arguments[1]));
        WorkerInput.Say("ready");
        foreach (var line in WorkerInput.Lines())
        {
            if (line == "status")
            {
                WorkerInput.Say(Volatile.Read(ref server._status));
                continue;
            }
            try
            {
                await server.ServeAsync(take: line == "take");
                WorkerInput.Say("serving");
            }
            catch (Exception e) when (e is UnixSocketException or IOException)
            {
                WorkerInput.Say($"failed {e.Message.ReplaceLineEndings(" ")}");
            }
        }
        Environment.Exit(0); // without a drain: the campaign is over
    }

    private async Task ServeAsync(bool take)
    {
        var connections = new ParkedLines();
        UnixServer server;
        if (take)
        {
            await using var accepted = await UnixHandover.AcceptAsync(control);
            server = UnixServer.Start(accepted.Listener!, connections.ServeAsync);
            try
            {
                foreach (var connection in await accepted.CompleteAsync())
                    _ = connections.GoOnAsync(connection);
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
            OfferConnections = connections.GiveAsync,
            RestoreConnections = connections.TakeBack,
            Failed = static e => Console.Error.WriteLine($"A candidate failed: {e.Message}"),
        });
        Volatile.Write(ref _status, "serving");
        _ = LeaveAsync(handover, server);
    }

    /// <summary>Offers as soon as the address of the last offer is free.</summary>
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
                await Task.Delay(5); // the predecessor was killed, or is just closing its own
            }
        }
    }

    private async Task LeaveAsync(UnixHandoverOffer handover, UnixServer server)
    {
        try
        {
            await handover.Completion;
            await server.StopAsync();
        }
        catch (OperationCanceledException)
        {
            // it was stopped
        }
        Volatile.Write(ref _status, "left");
    }

    /// <summary>Connections that can be parked between two lines and go on in another process.</summary>
    private sealed class ParkedLines
    {
        private readonly Lock _lock = new();
        private CancellationTokenSource _parking = new();
        private TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private List<UnixHandoverConnection> _parked = [];
        private int _serving;
        private int _goingOn;

        /// <summary>Counts what the server has accepted, also where its handler has not begun yet.</summary>
        public Func<int> Accepted { get; set; } = static () => 0;

        public Task ServeAsync(UnixStream stream, CancellationToken stopping) => ServeAsync(stream, 0, stopping);

        public async Task GoOnAsync(UnixHandoverConnection connection)
        {
            await using var stream = connection.Stream;
            lock (_lock)
                _goingOn++;
            var count = int.Parse(Encoding.ASCII.GetString(connection.State.Span), CultureInfo.InvariantCulture);
            try
            {
                await ServeAsync(stream, count, CancellationToken.None);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // the client left, or the connection was given on
            }
            finally
            {
                lock (_lock)
                    _goingOn--;
            }
        }

        public async Task<IReadOnlyList<UnixHandoverConnection>> GiveAsync(CancellationToken cancellationToken)
        {
            await _parking.CancelAsync();
            while (true)
            {
                lock (_lock)
                {
                    if (_parked.Count == _serving && _serving == Accepted() + _goingOn)
                        return [.. _parked];
                }
                await Task.Delay(1, cancellationToken);
            }
        }

        public void TakeBack(IReadOnlyList<UnixHandoverConnection> connections)
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
                        // Not by the server's token: a connection that is not given away is answered to its end.
                        read = await stream.ReadAsync(buffer, parking);
                    }
                    catch (OperationCanceledException)
                    {
                        lock (_lock)
                            _parked.Add(new UnixHandoverConnection(stream, Encoding.ASCII.GetBytes($"{count}")));
                        await resumed.WaitAsync(stopping); // canceled when the server stops: then it was given for good
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
