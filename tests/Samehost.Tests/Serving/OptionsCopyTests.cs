using Samehost.Serving;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>Methods that use options after they return, or after an await, copy them.</summary>
public sealed class OptionsCopyTests : HandoverFixture
{
    private static readonly PeerPolicy OtherUser = PeerPolicy.Parse("uid:4242");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ConnectAsync_copies_them(bool seqpacket)
    {
        var options = new UnixConnectOptions { ServerTimeout = Timeout.InfiniteTimeSpan, RequireServer = PeerPolicy.SelfAndRoot };
        var connecting = seqpacket
            ? ConnectAsync(UnixSeqpacket.ConnectAsync(Path, options, Token))
            : ConnectAsync(UnixStream.ConnectAsync(Path, options, Token));
        Assert.False(connecting.IsCompleted);

        options.ServerTimeout = TimeSpan.Zero;
        options.RequireServer = OtherUser;

        using IDisposable listener = seqpacket ? UnixSeqpacketListener.Listen(Path) : UnixListener.Listen(Path);
        using var connection = await connecting;

        static async Task<IDisposable> ConnectAsync<T>(ValueTask<T> connect)
            where T : IDisposable => await connect;
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task The_start_of_a_server_copies_them(bool seqpacket, bool fromListener)
    {
        using var served = new SemaphoreSlim(0);
        var options = new UnixServerOptions { MaxConnectionsPerUser = 2 };
        await using var server = (seqpacket, fromListener) switch
        {
            (false, false) => UnixServer.Start(Path, (_, stopping) => ServeAsync(stopping), options),
            (false, true) => UnixServer.Start(UnixListener.Listen(Path), (_, stopping) => ServeAsync(stopping), options),
            (true, false) => UnixServer.StartSeqpacket(Path, (_, stopping) => ServeAsync(stopping), options),
            (true, true) => UnixServer.StartSeqpacket(UnixSeqpacketListener.Listen(Path), (_, stopping) => ServeAsync(stopping), options),
        };

        options.MaxConnectionsPerUser = 1;

        using IDisposable first = Connect(), second = Connect();
        await served.WaitAsync(Token);
        await served.WaitAsync(Token);

        IDisposable Connect() => seqpacket ? UnixSeqpacket.Connect(Path) : UnixStream.Connect(Path);

        Task ServeAsync(CancellationToken stopping)
        {
            served.Release();
            return Task.Delay(Timeout.Infinite, stopping);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task The_start_of_a_server_copies_the_options_of_its_listener()
    {
        var options = new UnixServerOptions();
        await using var server = UnixServer.Start(Path, EchoClient.ServeAsync, options);

        options.Listener.PeerPolicy = OtherUser;

        using var client = EchoClient.Connect(Path);
        await client.ExpectAnswerAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task An_offer_of_a_handover_copies_them()
    {
        var options = Plain;
        await using var server = UnixServer.Start(Path, EchoClient.ServeAsync);
        await using var offer = UnixHandover.Offer(Control, server, options);

        options.SuccessorPolicy = OtherUser;
        options.OnFailed = null;

        using (var candidate = UnixSeqpacket.Connect(Control))
            await candidate.SendAsync("invalid"u8.ToArray(), Token);
        await Eventually.IsTrueAsync(() => !Failures.IsEmpty);
    }

    [Fact(Timeout = 60_000)]
    public async Task Accepting_a_handover_copies_them()
    {
        using var listener = UnixListener.Listen(Path);
        using var control = UnixSeqpacketListener.Listen(Control);
        var options = new UnixListenerOptions { PeerPolicy = PeerPolicy.SelfAndRoot };
        var accepting = AcceptAsync(options: options);
        using var successor = await control.AcceptAsync(Token);
        await HandoverProtocol.ExpectAsync(successor, HandoverProtocol.Request, Token);

        options.PeerPolicy = OtherUser;

        await successor.SendAsync(
            HandoverProtocol.Record(HandoverProtocol.Listener, Path.NameBytes.Span), [listener.SafeHandle], Token);
        await using var accepted = await accepting;
        using var client = UnixStream.Connect(Path);
        using var served = await accepted.Listener!.AcceptAsync(Token);
    }
}
