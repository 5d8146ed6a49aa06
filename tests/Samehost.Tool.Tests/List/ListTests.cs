using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Samehost.Tests.Support;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.List;

/// <summary><c>samehost list</c>: its rows and their content.</summary>
[Collection(NonParallel.Name)]
public sealed class ListTests : ListFixture
{
    [Fact(Timeout = Limit)]
    public async Task A_connection_is_one_row_with_both_ends_below_its_listener()
    {
        using var listener = Listen("a");
        using var client = Connect("a");
        using var server = listener.Accept();
        client.Send(new byte[12]);
        Assert.Equal(
            [
                ["stream", "listening", "0/7", "1 connected", Us, At("a")],
                ["stream", "connected", "→12 ←0", Us, Us, At("a")],
            ],
            await RowsAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_was_not_accepted_waits()
    {
        using var listener = Listen("a");
        using var client = Connect("a");
        Assert.Equal(
            [
                ["stream", "listening", "1/7", "0 connected, 1 waiting", Us, At("a")],
                ["stream", "waiting", "0", Us, Us, At("a")],
            ],
            await RowsAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_connection_whose_client_has_closed_shows_the_server()
    {
        using var listener = Listen("a", SocketType.Seqpacket);
        using (Connect("a", SocketType.Seqpacket))
        {
        }
        using var server = listener.Accept();
        Assert.Equal(["seqpacket", "hung-up", "0", "(closed)", Us, At("a")], (await RowsAsync())[1]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_receiver_of_datagrams_has_a_row_and_so_has_each_sender()
    {
        using var receiver = Listen("a", SocketType.Dgram);
        using var first = Connect("a", SocketType.Dgram);
        using var second = Connect("a", SocketType.Dgram);
        var rows = await RowsAsync("--type", "datagram");
        Assert.Equal(["datagram", "bound", "0", "2 connected", Us, At("a")], rows[0]);
        Assert.Equal("connected ×2", Assert.Single(rows[1..])[1]);
        Assert.Single(await RowsAsync("--listening"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_of_a_killed_server_is_stale_and_one_of_a_running_server_is_not()
    {
        await LeaveBehindAsync("dead");
        using var live = Listen("live");
        var rows = await RowsAsync("--stale");
        Assert.Equal(["-", "stale", "-", "-", $"(none; file of {Environment.UserName})", At("dead")], Assert.Single(rows));
        Assert.True(File.Exists(At("dead")));
        Assert.Equal(["listening", "stale"], (await RowsAsync()).Select(r => r[1]));
    }

    [Fact(Timeout = Limit)]
    public async Task Many_stale_files_of_one_directory_are_one_row_unless_they_are_asked_for()
    {
        for (var i = 0; i < 10; i++)
            await LeaveBehindAsync($"dead{i}");
        using var live = Listen("live");
        var all = await RunAsync("list");
        Assert.Contains(all.Lines, line => Cells(line) is [.., "(none; many files)", var directory] && directory == Temporary + "/");
        Assert.Contains("--stale", all.Errors, StringComparison.Ordinal);
        Assert.Equal(10, (await RowsAsync("--stale")).Length);
    }

    [Fact(Timeout = Limit)]
    public async Task A_forged_name_is_one_row_of_the_table_and_valid_json()
    {
        const string Forged = "\0\nstream  listening  0/4096  -  sshd(1) root  /run/forged \e[31m\r";
        byte[] name = [.. Encoding.UTF8.GetBytes(Forged), 0xff, .. Guid.NewGuid().ToByteArray()];
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Encoding.Latin1.GetString(name)));
        socket.Listen(1);

        var result = await RunAsync("list", "forged");
        var row = Assert.Single(result.Lines.Skip(1), line => line.Contains(Us, StringComparison.Ordinal));
        Assert.StartsWith("stream", row, StringComparison.Ordinal);
        Assert.Contains("@\\x0astream", row, StringComparison.Ordinal);
        Assert.DoesNotContain(row, c => char.IsControl(c));
        var json = Assert.Single(await JsonRowsAsync("--process", $"{Environment.ProcessId}", "*forged*"));
        Assert.Equal(Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(name))[1..], Convert.FromHexString(Text(json, "nameHex")));
    }

    [Fact(Timeout = Limit)]
    public async Task Json_has_both_ends_with_their_queues_processes_and_descriptors()
    {
        using var listener = Listen("a");
        using var client = Connect("a");
        using var server = listener.Accept();
        client.Send(new byte[12]);
        client.Shutdown(SocketShutdown.Send);
        var rows = await JsonRowsAsync(At("a"));

        Assert.Equal(("listening", 1, 0, 7), (Text(rows[0], "state"), Number(rows[0], "connected"), Number(rows[0], "waiting"),
            Number(rows[0], "backlog")));
        JsonElement to = rows[1].GetProperty("server"), from = rows[1].GetProperty("client");
        Assert.Equal((At("a"), 12), (Text(to, "name"), Number(to, "receiveQueue")));
        Assert.True(to.GetProperty("receivingEnded").GetBoolean() && !from.GetProperty("receivingEnded").GetBoolean());
        var process = Assert.Single(from.GetProperty("processes").EnumerateArray());
        Assert.Equal(Environment.ProcessId, Number(process, "pid"));
        Assert.Equal((int)client.Handle, Assert.Single(process.GetProperty("descriptors").EnumerateArray()).GetInt32());
        Assert.Equal(Number(rows[0].GetProperty("server"), "inode"), Number(rows[1], "listener"));
    }

    [Fact(Timeout = Limit)]
    public async Task Rows_are_chosen_by_name_type_process_and_listening()
    {
        using var stream = Listen("a.sock");
        using var seqpacket = Listen("b.sock", SocketType.Seqpacket);
        using var client = Connect("a.sock");
        Assert.Equal([At("b.sock")], await NamesAsync("--type", "seqpacket"));
        Assert.Equal([At("a.sock"), At("b.sock")], await NamesAsync("--listening"));
        Assert.Equal(3, (await NamesAsync("--process", $"{Environment.ProcessId}")).Length);
        Assert.Empty(await NamesAsync("--process", "no-such-program"));
        Assert.Equal([At("b.sock")], (await JsonRowsAsync(At("?.sock"), "--type", "seqpacket")).Select(r => Text(r, "name")));
        Assert.Empty(await JsonRowsAsync("?.sock", "--process", $"{Environment.ProcessId}"));
    }

    [Theory(Timeout = Limit)]
    [InlineData("tmux: server", "tmux")]
    [InlineData("tmux: server", "tm*")]
    [InlineData("tmux: server", "tmux: server")]
    [InlineData("renamed", "python3")]
    public async Task A_process_is_found_by_its_name_up_to_a_colon_and_by_its_program(string name, string wanted)
    {
        await using var server = StartProgram(ForeignProgram.Python, "-c", """
            import socket, sys
            open('/proc/self/comm', 'w').write(sys.argv[2])
            server = socket.socket(socket.AF_UNIX)
            server.bind(sys.argv[1])
            server.listen(3)
            print('ready', flush=True)
            sys.stdin.read()
            """, At("a"), name);
        await server.ReadUntilAsync("ready");
        Assert.Equal([At("a")], await NamesAsync("--process", wanted));
        Assert.Empty(await NamesAsync("--process", "server"));
    }

    [Fact(Timeout = Limit)]
    public async Task Rows_that_look_the_same_are_one_row_with_their_number()
    {
        using var listener = Listen("a");
        var sockets = new List<Socket>();
        for (var i = 0; i < 3; i++)
            sockets.AddRange([Connect("a"), listener.Accept()]);
        Assert.Equal(
            [
                ["stream", "listening", "0/7", "3 connected", Us, At("a")],
                ["stream", "connected ×3", "0", Us, Us, At("a")],
            ],
            await RowsAsync());
        Assert.Equal(4, (await JsonRowsAsync(At("a"))).Length);
        sockets.ForEach(socket => socket.Dispose());
    }

    [Fact(Timeout = Limit)]
    public async Task A_listener_without_its_file_is_marked()
    {
        using Socket whole = Listen("a"), missing = Listen("b"), replaced = Listen("c"), receiver = Listen("d", SocketType.Dgram);
        File.Move(At("b"), At("moved"));
        File.Delete(At("c"));
        using var successor = Listen("c");
        File.Delete(At("d"));
        await File.WriteAllTextAsync(At("d"), "", TestContext.Current.CancellationToken);
        var result = await RunAsync("list", Temporary, "--listening");
        Assert.Equal(
            [
                ("listening", At("a")), ("listening (no file)", At("b")), ("listening", At("c")), ("listening (another file)", At("c")),
                ("bound (another file)", At("d")),
            ],
            result.Lines.Skip(1).Select(Cells).Select(cells => (cells[1], cells[5])).OrderBy(row => row.Item2, StringComparer.Ordinal)
                .ThenBy(row => row.Item1.Length));
        Assert.Contains("hint: (no file)", result.Errors, StringComparison.Ordinal);
        var states = (await JsonRowsAsync(Temporary, "--listening"))
            .Select(row => (Text(row, "state"), row.TryGetProperty("fileState", out var state) ? state.GetString() : null));
        Assert.Equal(2, states.Count(state => state == ("listening", null)));
        Assert.Contains(("listening", "missing"), states);
        Assert.Contains(("bound", "replaced"), states);
    }

    [Fact(Timeout = Limit)]
    public async Task An_empty_result_has_a_hint_and_is_a_success()
    {
        var result = await RunAsync("list", At("nothing"));
        Assert.Equal(0, result.Status);
        Assert.Single(result.Lines);
        Assert.StartsWith("hint: no local socket matches\n", result.Errors, StringComparison.Ordinal);
    }

    private async Task<string[]> NamesAsync(params string[] arguments) =>
        [.. (await JsonRowsAsync([Temporary, .. arguments])).Select(row => Text(row, "name"))];

    private static string Text(JsonElement of, string member) => of.GetProperty(member).GetString()!;

    private static int Number(JsonElement of, string member) => of.GetProperty(member).GetInt32();
}
