using System.Collections.Concurrent;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>The addresses of a server and of its handovers, and the options for them.</summary>
public abstract class HandoverFixture : IDisposable
{
    private readonly TestDirectory _directory = new();

    private protected TestDirectory Directory => _directory;

    private protected UnixEndPoint Path => UnixEndPoint.FromPath(_directory["server.sock"]);

    private protected UnixEndPoint Control => UnixEndPoint.FromPath(_directory["control.sock"]);

    private protected ParkedConnections Connections { get; } = new();

    private protected ConcurrentQueue<Exception> Failures { get; } = new();

    private protected UnixHandoverOptions WithOffer => new()
    {
        OfferConnections = Connections.OfferAsync,
        RestoreConnections = Connections.Restore,
        OnFailed = Failures.Enqueue,
    };

    private protected UnixHandoverOptions Plain => new() { OnFailed = Failures.Enqueue };

    public void Dispose()
    {
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task ExpectServedAsync()
    {
        using var client = EchoClient.Connect(Path);
        await client.SendAsync("abc");
        Assert.Equal("3\n", await client.ReceiveAsync(2));
    }

    /// <summary>Accepts the handover in this process, and returns the server of the successor.</summary>
    private protected async Task<UnixServer> AcceptAndServeAsync()
    {
        await using var accepted = await AcceptAsync();
        var server = UnixServer.Start(accepted.Listener!, new ParkedConnections().ServeAsync);
        foreach (var connection in await CompleteAsync(accepted))
            _ = new ParkedConnections().ResumeAsync(connection);
        return server;
    }

    private protected Task<UnixAcceptedHandover> AcceptAsync(PeerPolicy? predecessors = null, UnixListenerOptions? options = null) =>
        UnixHandover.AcceptAsync(Control, options, predecessors).WaitAsync(EchoClient.Patience);

    private protected static Task<IReadOnlyList<UnixHandoverConnection>> CompleteAsync(UnixAcceptedHandover accepted) =>
        accepted.CompleteAsync().WaitAsync(EchoClient.Patience);

    private protected PeerProcess StartPeer(string command, params string[] arguments) =>
        PeerProcess.Start([command, _directory["server.sock"], "--control", _directory["control.sock"], .. arguments]);
}
