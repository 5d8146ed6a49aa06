using System.Net;
using System.Net.Sockets;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Bench;

public sealed class BenchServerTests : ToolFixture
{
    [Fact(Timeout = 180_000)]
    public async Task A_local_server_is_measured_beside_a_plain_echo()
    {
        await using var server = EchoingSocket.Stream(new UnixDomainSocketEndPoint(Path.Join(Temporary, "s")), Whole);
        var result = await RunAsync("bench", Path.Join(Temporary, "s"), "--rounds", "1", "--time", "10ms");
        Assert.Equal(0, result.Status);
        Assert.Contains(result.Lines, line => line.StartsWith("the server   ", StringComparison.Ordinal));
        Assert.Contains(result.Lines, line => line.StartsWith("local stream   ", StringComparison.Ordinal));
        Assert.DoesNotContain("flow", result.Output, StringComparison.Ordinal); // only what was measured is in the table
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_over_TCP_is_measured_beside_TCP()
    {
        await using var server = EchoingSocket.Stream(new IPEndPoint(IPAddress.Loopback, 0), Whole);
        var result = await RunAsync("bench", $"tcp:127.0.0.1:{server.Port}", "--rounds", "1", "--time", "10ms");
        Assert.Equal(0, result.Status);
        Assert.Contains(result.Lines, line => line.StartsWith("the server   ", StringComparison.Ordinal));
        Assert.Contains(result.Lines, line => line.StartsWith("TCP   ", StringComparison.Ordinal));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("datagram")]
    [InlineData("seqpacket")]
    public async Task Servers_that_keep_records_are_measured_too(string type)
    {
        // Not socat for datagrams: a remaining child of socat would take and drop those of others.
        const string Echo = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1])
            while True:
                data, sender = s.recvfrom(65536); s.sendto(data, sender)
            """;
        await using var server = type == "datagram"
            ? StartProgram(ForeignProgram.Python, "-c", Echo, At("s"))
            : StartProgram(ForeignProgram.Socat, $"UNIX-LISTEN:{At("s")},socktype=5,fork", "PIPE");
        var listens = type == "datagram" ? "" : "00010000 .*"; // the file exists a moment before the server listens
        await using var waiting = StartProgram("sh", "-c", $"until grep -q '{listens}{At("s")}$' /proc/net/unix; do :; done");
        await waiting.EndAsync();
        var result = await RunAsync("bench", Path.Join(Temporary, "s"), "--type", type, "--rounds", "1", "--time", "10ms");
        Assert.Equal(0, result.Status);
        Assert.Contains(result.Lines, line => line.StartsWith($"local {type}   ", StringComparison.Ordinal));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_server_is_reported_with_a_hint_before_the_measurement()
    {
        var result = await RunAsync("bench", Path.Join(Temporary, "s"));
        Assert.Equal((1, ""), (result.Status, result.Output));
        Assert.StartsWith("samehost: connect failed: No such file or directory (2)", result.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: ", result.Errors, StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_server_over_TCP_is_reported()
    {
        var result = await RunAsync("bench", "tcp:127.0.0.1:1");
        Assert.Equal((1, ""), (result.Status, result.Output));
        Assert.StartsWith(
            "samehost: connect failed: Connection refused (111): tcp:127.0.0.1:1\nhint: ", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_answers_something_else_is_not_an_echo_server()
    {
        await using var server = EchoingSocket.Stream(
            new UnixDomainSocketEndPoint(Path.Join(Temporary, "s")), bytes => Array.ConvertAll(bytes, _ => (byte)'?'));
        var result = await RunAsync("bench", Path.Join(Temporary, "s"));
        Assert.Equal(1, result.Status);
        Assert.Contains($"samehost: the server does not echo: for \"{new string('0', 12)}", result.Errors, StringComparison.Ordinal);
        Assert.Contains(
            $" it gave \"{new string('?', 40)}…\"\nhint: It has to send back what it is sent, ", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_resets_is_not_an_echo_server()
    {
        using var listener = LocalPeer.Listen(Path.Join(Temporary, "s"));
        await using var bench = Start("bench", Path.Join(Temporary, "s"), "--rounds", "1");
        while (true)
        {
            using var client = await listener.AcceptAsync(TestContext.Current.CancellationToken);
            var one = new byte[1];
            if (await client.ReceiveAsync(one, TestContext.Current.CancellationToken) == 1)
                break; // and leave the rest unread; the first connection only checks that a server listens
        }
        var result = await bench.EndAsync();
        Assert.Equal(1, result.Status);
        Assert.EndsWith("'samehost serve ADDRESS --echo' does.\n", result.Errors, StringComparison.Ordinal);
        Assert.Contains("samehost: the server closed the connection: read failed: Connection reset by peer (104)\nhint: ", result.Errors,
            StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_closes_is_not_an_echo_server()
    {
        await using var server = EchoingSocket.Stream(new UnixDomainSocketEndPoint(Path.Join(Temporary, "s")), _ => null);
        var result = await RunAsync("bench", Path.Join(Temporary, "s"));
        Assert.Equal(1, result.Status);
        Assert.Contains("samehost: the server ended the connection instead of answering\nhint: ", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_does_not_answer_causes_a_timeout()
    {
        await using var server = EchoingSocket.Stream(new UnixDomainSocketEndPoint(Path.Join(Temporary, "s")), _ => []);
        var result = await RunAsync("bench", Path.Join(Temporary, "s"));
        Assert.Equal(1, result.Status);
        Assert.Contains("samehost: the server did not answer within 5 s\nhint: ", result.Errors, StringComparison.Ordinal);
    }

    private static byte[] Whole(byte[] bytes) => bytes;
}
