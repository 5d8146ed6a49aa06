using Samehost.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>253 unexpected descriptors with each of 10,000 messages.</summary>
[Collection(NonParallel.Name)]
public sealed class DescriptorFloodTests : CountingSocketTest
{
    private const int Messages = 10_000;

    public static TheoryData<string, bool> Kinds => new MatrixTheoryData<string, bool>(["stream", "seqpacket", "datagram"], [true, false]);

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Kinds))]
    public async Task Unexpected_descriptors_are_refused_while_other_clients_are_served(string type, bool refusing)
    {
        await using var server = new EchoServer(type, At("a"));
        if (refusing)
            DescriptorLimitTests.NeedsKernelThatRefuses(server.Handle);
        else
            DescriptorLimitTests.LetThrough(server.Handle); // and so to the sockets that it accepts
        await using var flooder = await ServedAsync(type);
        await using var bystander = await ServedAsync(type);
        var before = Open();

        var flooded = flooder.AskAsync($"flood {Messages} 253");
        var served = 0;
        var most = before;
        do
        {
            Assert.Equal("sent", await bystander.AskAsync($"send {served}"));
            Assert.Equal($"received {served}", await bystander.AskAsync("receive"));
            most = Math.Max(most, Open());
            served++;
        }
        while (!flooded.IsCompleted);

        Assert.Equal($"refused {(refusing ? Messages : 0)} of {Messages}", await flooded);
        Assert.True(served > 1, "the bystander was kept waiting");
        Assert.InRange(most, 0, before + 253 + 20); // never more than one message's
        await Eventually.IsTrueAsync(() => Open() <= before, $"descriptors closed; before {before}, now {Open()}");
    }

    /// <summary>A client that has been answered, and so was accepted.</summary>
    private async Task<PeerProcess> ServedAsync(string type)
    {
        var peer = PeerProcess.Start("scripted-client", Temp["a"], "--type", type);
        await peer.ExpectAsync("ready");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        Assert.Equal("sent", await peer.AskAsync("send hello"));
        Assert.Equal("received hello", await peer.AskAsync("receive"));
        return peer;
    }

    private static int Open() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>Echoes to every client; accepts no descriptors.</summary>
    private sealed class EchoServer : IAsyncDisposable
    {
        private readonly IAsyncDisposable _socket;
        private readonly UnixServer? _server;

        public EchoServer(string type, UnixEndPoint at)
        {
            switch (type)
            {
                case "stream":
                    var listener = UnixListener.Listen(at);
                    Handle = (Descriptor)listener.SafeHandle;
                    _socket = listener;
                    _server = UnixServer.Start(listener, EchoAsync);
                    break;
                case "seqpacket":
                    var seqpackets = UnixSeqpacketListener.Listen(at);
                    Handle = (Descriptor)seqpackets.SafeHandle;
                    _socket = seqpackets;
                    _ = AcceptAsync(seqpackets);
                    break;
                default:
                    var datagrams = UnixDatagram.Bind(at, new UnixDatagramOptions { PeerPolicy = PeerPolicy.SelfAndRoot });
                    Handle = (Descriptor)datagrams.SafeHandle;
                    _socket = datagrams;
                    _ = EchoAsync(datagrams);
                    break;
            }
        }

        public Descriptor Handle { get; }

        public async ValueTask DisposeAsync()
        {
            if (_server is not null)
                await _server.DisposeAsync();
            await _socket.DisposeAsync();
        }

        private static async Task EchoAsync(UnixStream stream, CancellationToken stopping)
        {
            var buffer = new byte[64];
            for (int count; (count = await stream.ReadAsync(buffer, stopping)) > 0;)
                await stream.WriteAsync(buffer.AsMemory(0, count), stopping);
        }

        private static async Task AcceptAsync(UnixSeqpacketListener listener)
        {
            while (true)
                _ = EchoAsync(await listener.AcceptAsync(Token));
        }

        private static async Task EchoAsync(UnixSeqpacket socket)
        {
            using (socket)
            {
                var buffer = new byte[64];
                while (await socket.ReceiveAsync(buffer, null, Token) is { IsEnd: false } record)
                    await socket.SendAsync(buffer.AsMemory(0, record.Count), Token);
            }
        }

        private static async Task EchoAsync(UnixDatagram socket)
        {
            var buffer = new byte[64];
            while (true)
            {
                var datagram = await socket.ReceiveAsync(buffer, Token);
                await socket.SendToAsync(buffer.AsMemory(0, datagram.Count), datagram.Sender, Token);
            }
        }
    }
}
