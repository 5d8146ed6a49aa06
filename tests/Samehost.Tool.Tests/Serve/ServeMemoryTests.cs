using System.Globalization;
using System.Net.Sockets;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Serve;

/// <summary>A client that has been served and is silent costs no buffer.</summary>
public sealed class ServeMemoryTests : ToolFixture
{
    private const int MostGrowth = 8 * 1024; // KiB; a buffer for each client would be 25 MiB

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = 180_000)]
    [InlineData("stream", 800, 32 * 1024)]
    [InlineData("seqpacket", 100, 100_000)]
    public async Task Idle_clients_of_an_echo_hold_no_buffers(string type, int clients, int size)
    {
        await using ToolRun server = await ServeAsync(At("a.sock"), "--echo", "--type", type);
        byte[] message = new byte[size];
        byte[] answer = new byte[size];
        async Task TalkAsync(Socket client)
        {
            await client.SendAsync(message, Token);
            for (int got = 0; got < size;)
                got += await client.ReceiveAsync(answer.AsMemory(got), Token) is > 0 and var count ? count : throw new EndOfStreamException();
        }
        await IsBoundedAsync(server, clients, type == "stream" ? SocketType.Stream : SocketType.Seqpacket, TalkAsync);
    }

    [Fact(Timeout = 180_000)]
    public async Task Idle_clients_whose_words_are_printed_hold_no_buffers()
    {
        await using ToolRun server = await ServeAsync(At("a.sock"), "--keep");
        const int Size = 150_000;
        byte[] message = new byte[Size];
        Array.Fill(message, (byte)'x');
        message[^1] = (byte)'\n';
        int printed = 0;
        async Task TalkAsync(Socket client)
        {
            await client.SendAsync(message, Token);
            printed = (await server.ReadUntilAsync("\n", printed)).Length;
        }
        await IsBoundedAsync(server, 100, SocketType.Stream, TalkAsync);
    }

    private async Task IsBoundedAsync(ToolRun server, int count, SocketType type, Func<Socket, Task> talkAsync)
    {
        List<Socket> clients = [];
        async Task ComeAsync(int more)
        {
            for (int i = 0; i < more; i++)
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
            long before = ResidentKiB(server);
            await ComeAsync(count);
            Assert.InRange(ResidentKiB(server) - before, long.MinValue, MostGrowth);
            clients.ForEach(static client => client.Dispose());
            clients.Clear();
            await ComeAsync(20); // the others have left by now
            Assert.InRange(ResidentKiB(server) - before, long.MinValue, MostGrowth);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    private static long ResidentKiB(ToolRun server)
    {
        // "RssAnon:    12345 kB"
        string line = File.ReadLines($"/proc/{server.Id}/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line["RssAnon:".Length..^"kB".Length], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture);
    }
}
