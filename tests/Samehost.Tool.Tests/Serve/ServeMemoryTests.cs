using System.Globalization;
using System.Net.Sockets;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Serve;

/// <summary>An idle client has no buffer.</summary>
public sealed class ServeMemoryTests : ToolFixture
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = 180_000)]
    [InlineData("stream", 3000, 32 * 1024)]
    [InlineData("seqpacket", 400, 100_000)]
    public async Task Idle_clients_of_an_echo_hold_no_buffers(string type, int clients, int size)
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo", "--type", type, "--max-per-user", "4000");
        var message = new byte[size];
        var answer = new byte[size];
        async Task TalkAsync(Socket client)
        {
            await client.SendAsync(message, Token);
            for (var got = 0; got < size;)
            {
                var count = await client.ReceiveAsync(answer.AsMemory(got), Token);
                Assert.True(count > 0, "the end came instead of the answer");
                got += count;
            }
        }
        var most = (long)clients * size / 1024 * 2 / 3; // a buffer for each would be more, garbage is less
        await IsBoundedAsync(server, clients, type == "stream" ? SocketType.Stream : SocketType.Seqpacket, TalkAsync, most);
    }

    private async Task IsBoundedAsync(ToolRun server, int count, SocketType type, Func<Socket, Task> talkAsync, long most)
    {
        List<Socket> clients = [];
        async Task ComeAsync(int more)
        {
            for (var i = 0; i < more; i++)
            {
                var client = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
                clients.Add(client);
                client.Connect(new UnixDomainSocketEndPoint(At("a.sock")));
                await talkAsync(client);
            }
        }
        try
        {
            await ComeAsync(20); // until the code is compiled and the pools are filled
            var before = ResidentKiB(server);
            await ComeAsync(count);
            Assert.InRange(ResidentKiB(server) - before, long.MinValue, most);
            clients.ForEach(static client => client.Dispose());
            clients.Clear();
            await ComeAsync(20); // the others have disconnected by now
            Assert.InRange(ResidentKiB(server) - before, long.MinValue, most);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    private static long ResidentKiB(ToolRun server)
    {
        // "RssAnon:    12345 kB"
        var line = File.ReadLines($"/proc/{server.Id}/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line["RssAnon:".Length..^"kB".Length], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture);
    }
}
