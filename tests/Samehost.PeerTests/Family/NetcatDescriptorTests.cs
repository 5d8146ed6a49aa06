using System.Net;
using System.Net.Sockets;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Family;

/// <summary>
/// <c>nc -F</c> connects by TCP and passes the connected socket through its standard output, which is a local socket of the test.
/// </summary>
public sealed class NetcatDescriptorTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task A_TCP_connection_that_netcat_passes_can_be_used()
    {
        var stop = TestContext.Current.CancellationToken;
        var netcat = ForeignProgram.Netcat;
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen();
        var port = $"{((IPEndPoint)server.LocalEndPoint!).Port}";
        await using var listener = UnixListener.Listen(
            UnixEndPoint.FromPath(_folder["pass"]), new UnixListenerOptions { AcceptDescriptors = true });

        const string Become = """
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); os.dup2(s.fileno(), 1)
            os.execv(sys.argv[2], ["nc", "-F", "127.0.0.1", sys.argv[3]])
            """;
        await using var passer = RunningProgram.Start(ForeignProgram.Python, "-c", Become, _folder["pass"], netcat, port);
        await using var stream = await listener.AcceptAsync(stop);
        var buffer = new byte[16];
        using var message = await stream.ReceiveAsync(buffer, DescriptorOptions.OnlySockets, stop);
        Assert.Equal(DescriptorLoss.None, message.DescriptorLoss);
        Assert.Equal(1, message.Descriptors.Count);
        await passer.ExpectExitAsync(0); // the connection stays open after netcat exits

        using var passed = message.Descriptors.TakeSocket(0);
        using var served = await server.AcceptAsync(stop);
        Assert.Equal(AddressFamily.InterNetwork, passed.AddressFamily);
        Assert.Equal(served.RemoteEndPoint, passed.LocalEndPoint);
        await passed.SendAsync("ping"u8.ToArray(), stop);
        var count = await served.ReceiveAsync(buffer, stop);
        Assert.Equal("ping"u8, buffer.AsSpan(0, count));
        await served.SendAsync("pong"u8.ToArray(), stop);
        count = await passed.ReceiveAsync(buffer, stop);
        Assert.Equal("pong"u8, buffer.AsSpan(0, count));
    }
}
