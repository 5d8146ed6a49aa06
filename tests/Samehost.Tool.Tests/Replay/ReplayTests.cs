using System.Net;
using System.Net.Sockets;
using Samehost.Tool.Tests.Relay;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Replay;

public sealed class ReplayTests : RelayFixture
{
    private const string Header = """{"samehost":"recording 1","type":"stream"}""";
    private const string Data = "{\"time\":0,\"connection\":1,\"event\":\"data\",\"direction\":";
    private const string Opened = """{"time":0,"connection":1,"event":"open"}""";

    private string Recorded => Path.Join(Temporary, "talk.jsonl");

    [Theory(Timeout = 180_000)]
    [InlineData(SocketType.Stream)]
    [InlineData(SocketType.Seqpacket)]
    public async Task A_recorded_session_replayed_against_a_fresh_server_gives_the_same_answers(SocketType type)
    {
        await RecordAsync(type);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Recorded));

        using (Serve("fresh", type, Upper))
        {
            var same = await RunAsync("replay", Recorded, Path.Join(Temporary, "fresh"));
            Assert.Equal(new ToolResult(0, "2 connections as recorded: 25 bytes sent, 25 received\n", ""), same);
        }
        using (Serve("other", type, static bytes => Upper(bytes).Reverse().ToArray()))
        {
            var other = await RunAsync("replay", Recorded, Path.Join(Temporary, "other"));
            Assert.Equal((1, ""), (other.Status, other.Output));
            Assert.Matches(
                "^samehost: connection 1 differs at line \\d+: the server sent \".+\" where the recording's line \\d+ has \".+\"",
                other.Errors);
        }
        using (Serve("mute", type, static _ => []))
        {
            var mute = await RunAsync("replay", Recorded, Path.Join(Temporary, "mute"), "--patience", "300ms");
            Assert.Equal((1, ""), (mute.Status, mute.Output));
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task As_the_server_it_answers_as_recorded_and_reports_other_requests()
    {
        await RecordAsync(SocketType.Stream);
        var again = Path.Join(Temporary, "again");
        await using (var server = Start("replay", Recorded, again, "--as-server"))
        {
            Assert.Equal($"samehost: answering at {again} as recorded", await server.ReadErrorLineAsync());
            var client = await RunAsync("replay", Recorded, again);
            Assert.Equal((0, ""), (client.Status, client.Errors));
            Assert.Equal(new ToolResult(0, "2 connections as recorded: 25 bytes sent, 25 received\n", ""), await server.EndAsync());
        }
        await using (var server = Start("replay", Recorded, "tcp:127.0.0.1:0", "--as-server"))
        {
            var where = (await server.ReadErrorLineAsync()).Split(' ')[3];
            using var client = await ConnectAsync(IPEndPoint.Parse(where["tcp:".Length..]));
            await SendAllAsync(client, "something else"u8.ToArray());
            using var second = await ConnectAsync(client.RemoteEndPoint!);
            second.Shutdown(SocketShutdown.Send);
            var result = await server.EndAsync();
            Assert.Equal(1, result.Status);
            Assert.Contains(
                "the client sent \"something else\" where the recording's line 3 has \"hello\"", result.Errors, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_server_is_an_error()
    {
        await RecordAsync(SocketType.Stream);
        var result = await RunAsync("replay", Recorded, Path.Join(Temporary, "nobody"));
        Assert.Equal((1, ""), (result.Status, result.Output));
        Assert.Contains("connect failed: No such file or directory (2)", result.Errors, StringComparison.Ordinal);
        result = await RunAsync("replay", Recorded, "tcp:127.0.0.1:1");
        Assert.Equal((1, ""), (result.Status, result.Output));
        Assert.StartsWith(
            "samehost: connect failed: Connection refused (111): tcp:127.0.0.1:1\nhint: ", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_recording_comes_from_standard_input()
    {
        await RecordAsync(SocketType.Stream);
        using IDisposable server = Serve("fresh", SocketType.Stream, Upper);
        await using var run = StartProgram(
            "sh", "-c", "cat \"$1\" | exec \"$0\" replay - \"$2\"", Tool, Recorded, Path.Join(Temporary, "fresh"));
        Assert.Equal(new ToolResult(0, "2 connections as recorded: 25 bytes sent, 25 received\n", ""), await run.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task An_incomplete_recording_has_a_hint_how_to_replay_it()
    {
        await RecordAsync(SocketType.Stream);
        var whole = File.ReadAllBytes(Recorded);
        File.WriteAllBytes(Recorded, whole[..^20]);
        var lines = whole.Count(b => b == '\n');
        var result = await RunAsync("replay", Recorded, ToPath);
        Assert.Equal(
            new ToolResult(1, "", $"samehost: {Recorded}, line {lines}: the file ends in the middle of this line\n"
                + $"hint: 'head -n {lines - 1}' gives what is whole of it, which can be replayed.\n"), result);
        Assert.Equal(
            "samehost: the recording cannot be read: /etc is a directory\n", (await RunAsync("replay", "/etc", ToPath)).Errors);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("is empty")]
    [InlineData("line 1: not JSON from column 1: \"hello\"", "hello")]
    [InlineData("line 1: this is not a recording", "{}")]
    [InlineData("line 1: \"recording 9\" is not the format", """{"samehost":"recording 9"}""")]
    [InlineData("line 1: the type is neither", """{"samehost":"recording 1","type":"carrier"}""")]
    [InlineData("line 2: there is no event", Header, "{}")]
    [InlineData("line 2: connection 1 was never opened", Header, """{"time":0,"connection":1,"event":"close"}""")]
    [InlineData("line 3: connection 1 is open already", Header, Opened, Opened)]
    [InlineData("line 3: there are no bytes", Header, Opened, Data + "\"to-server\"}")]
    [InlineData("line 3: \"bytes\" has a value", Header, Opened, Data + "\"to-server\",\"bytes\":\"%\"}")]
    [InlineData("line 3: the direction is neither", Header, Opened, Data + "\"up\",\"bytes\":\"\"}")]
    [InlineData("line 3: \"sing\" is not an event", Header, Opened, """{"time":0,"connection":1,"event":"sing"}""")]
    [InlineData("line 3: not JSON from column", Header, Opened, """{"time":0,"connection":1,"ev""")]
    public async Task An_invalid_recording_is_reported_with_the_line(string message, params string[] lines)
    {
        File.WriteAllLines(Recorded, lines);
        var result = await RunAsync("replay", Recorded, ToPath);
        Assert.Equal((1, ""), (result.Status, result.Output));
        Assert.Contains(message, Assert.Single(result.Errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task Recorded_datagrams_are_replayed_one_by_one()
    {
        static async Task AnswerAsync(Socket server, string suffix)
        {
            var buffer = new byte[100];
            for (var i = 0; i < 2; i++)
            {
                var asked = await server.ReceiveFromAsync(buffer, new UnixDomainSocketEndPoint("/"), Stop);
                await server.SendToAsync(
                    System.Text.Encoding.ASCII.GetBytes($"{i}{suffix}"), asked.RemoteEndPoint, Stop);
            }
        }

        using var server = Listen(Local(ToPath), SocketType.Dgram);
        var (run, address) = await RelayAsync(FromPath, Local(ToPath), "--record", Recorded, "--type", "datagram");
        await using (run)
        {
            var answering = AnswerAsync(server, " answer");
            using var client = Listen(Local(Path.Join(Temporary, "client")), SocketType.Dgram);
            foreach (var i in new[] { 0, 1 })
            {
                await client.SendToAsync("question"u8.ToArray(), address, Stop);
                Assert.Equal($"{i} answer", await ReceiveTextAsync(client));
            }
            await answering;
            run.Terminate();
            await run.EndAsync();
        }
        foreach (var (suffix, status) in new[] { (" answer", 0), (" refusal", 1) })
        {
            var answering = AnswerAsync(server, suffix);
            await using var replay = Start("replay", Recorded, ToPath);
            Assert.Equal(status, (await replay.EndAsync()).Status);
            if (status == 0)
                await answering;
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Standard_input_may_be_a_socket_and_is_not_read_where_there_is_none()
    {
        await using (var closed = StartProgram("sh", "-c", "exec \"$0\" replay - \"$1\" <&-", Tool, ToPath))
        {
            var result = await closed.EndAsync();
            Assert.Equal((1, ""), (result.Status, result.Output));
            Assert.StartsWith("samehost: standard input is closed: ", result.Errors, StringComparison.Ordinal);
        }
        await using var server = await ServeAsync(
            FromPath, "--exec", "sh", "-c", "exec \"$0\" replay - \"$1\" 2>&1", Tool, ToPath);
        var client = await ConnectAsync("hello\n", FromPath);
        Assert.Contains("-, line 1: not JSON", client.Output, StringComparison.Ordinal);
    }

    private static byte[] Upper(byte[] bytes) => [.. bytes.Select(b => (byte)char.ToUpperInvariant((char)b))];

    /// <summary>Two clients, one after the other, through a relay to a server that answers in upper case.</summary>
    private async Task RecordAsync(SocketType type)
    {
        using var server = Serve("to.sock", type, Upper);
        var (run, address) = await RelayAsync(FromPath, Local(ToPath), "--record", Recorded, "--type", type.ToString().ToLowerInvariant());
        await using var _ = run;
        foreach (var said in new string[][] { ["hello", "how are you"], ["good-bye!"] })
        {
            using var client = await ConnectAsync(address, type);
            foreach (var text in said)
            {
                var asked = System.Text.Encoding.ASCII.GetBytes(text);
                await client.SendAsync(asked, Stop);
                var answer = new byte[100];
                Assert.Equal(Upper(asked), answer[..await client.ReceiveAsync(answer, Stop)]);
            }
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await client.ReceiveAsync(new byte[1], Stop));
        }
        // Each begins and ends; the second may begin before the end of the first one is recorded.
        var message = new List<string>();
        while (message.Count < 4)
            message.Add(await run.ReadErrorLineAsync());
        Assert.Contains(message, line => line.Contains("connection 2 ended", StringComparison.Ordinal));
        run.Terminate();
        await run.EndAsync();
    }

    private Socket Serve(string name, SocketType type, Func<byte[], byte[]> answer)
    {
        var listener = Listen(Local(Path.Join(Temporary, name)), type);
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptAsync(Stop);
                var buffer = new byte[1000];
                for (int got; (got = await client.ReceiveAsync(buffer, Stop)) > 0;)
                {
                    if (answer(buffer[..got]) is { Length: > 0 } said)
                        await client.SendAsync(said, Stop);
                }
            }
        }, Stop);
        return listener;
    }
}
