using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Connect;

public sealed class ConnectErrorTests : ToolFixture
{
    [Theory(Timeout = 180_000)]
    [InlineData("Required argument 'ADDRESS' missing for command: 'connect'; 'samehost connect --help' shows how")]
    [InlineData("'foo' is not a socket type: use stream, datagram or seqpacket; 'samehost connect --help' shows how", "a", "--type",
        "foo")]
    [InlineData("'bla' is not a term of a policy; its terms are: self, root, user:NAME, uid:NUMBER, group:NAME, gid:NUMBER, anyone; "
        + "'samehost connect --help' shows how", "a", "--require-server", "bla")]
    [InlineData(
        "--require-server needs a connection: the receiver of a datagram cannot be checked", "a", "--require-server", "root", "--type",
        "datagram")]
    [InlineData("--linger is for --type datagram: a connection has an end", "a", "--linger", "1s")]
    [InlineData("--bind is for --type datagram", "a", "--bind", "b")]
    [InlineData("\"fd:x\" is not a descriptor: use fd:N, for example fd:3; 'samehost connect --help' shows how", "fd:x")]
    [InlineData("A socket from the service manager is not accepted here (systemd:x), but a path, @name, fd:N; a file of that name would be "
        + "./systemd:x; 'samehost connect --help' shows how", "systemd:x")]
    [InlineData("\"localhost:80\" looks like an address of TCP, which is not accepted here: 'samehost relay' joins TCP to a local socket; "
        + "a file of that name would be ./localhost:80; 'samehost connect --help' shows how", "localhost:80")]
    [InlineData("The abstract name is empty: use @NAME; "
        + "'samehost connect --help' shows how", "@")]
    public async Task Wrong_usage_is_named_and_has_status_2(string problem, params string[] arguments)
    {
        var result = await RunAsync(["connect", .. arguments]);
        Assert.Equal(new ToolResult(2, "", $"samehost: {problem}\n"), result);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_server_is_explained()
    {
        await FailsAsync(
            $"connect failed: No such file or directory (2): {At("a.sock")}",
            $"{Temporary} has nothing named a.sock in it. Start the server, or give the path that it listens at.",
            $"'samehost explain {At("a.sock")}' gives the details.", At("a.sock"));

        var waited = await ConnectAsync("hi\n", At("a.sock"), "--wait", "50ms");
        var time = Regex.Match(waited.Errors, @"Waited (\d+(?:\.\d+)?) s for the server\. ");
        Assert.InRange(double.Parse(time.Groups[1].Value, CultureInfo.InvariantCulture), 0.05, 60);
        var errors = $"""
            samehost: connect failed: No such file or directory (2): {At("a.sock")}
            hint: {time.Value}{Temporary} has nothing named a.sock in it. Start the server, or give the path that it listens at.
            hint: 'samehost explain {At("a.sock")}' gives the details.

            """;
        Assert.Equal(new ToolResult(1, "", errors), waited);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("~/x.sock", "begins with ~, which only a shell replaces: write ")]
    [InlineData("unix:path=/run/dbus/x,guid=1", "is an address of D-Bus: write /run/dbus/x;")]
    [InlineData("http+unix://%2Frun%2Fx.sock", "is a URL: write /run/x.sock;")]
    [InlineData("\"/run/x.sock\"", "is in quotes, which would be part of the name: write /run/x.sock;")]
    [InlineData("/run/x.sock ", "begins or ends with a blank: write /run/x.sock;")]
    [InlineData("tcp://localhost:80", "is a URL: TCP is written tcp:localhost:80;")]
    public async Task Addresses_in_other_notations_are_recognized_by_every_command(string address, string advice)
    {
        foreach (var command in (string[][])[["connect", address], ["serve", address], ["relay", address, "/x"], ["replay", "x", address],
            ["explain", address]])
        {
            var result = await RunAsync(command);
            Assert.Equal((2, ""), (result.Status, result.Output));
            Assert.Contains(advice.TrimEnd(';'), result.Errors, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_file_whose_name_ends_in_a_blank_can_be_named_when_it_exists()
    {
        using var server = LocalPeer.Listen(At("a "));
        await using var client = Start("connect", At("a "));
        using var accepted = await server.AcceptAsync(TestContext.Current.CancellationToken);
        accepted.Send("hi\n"u8);
        await client.ReadUntilAsync("hi\n");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_relative_path_in_a_deep_directory_works_for_clients_and_is_refused_to_servers()
    {
        var directory = Directory.CreateDirectory(At(new string('d', 120))).FullName;
        await using var server = StartProgram(
            "sh", "-c", "cd \"$1\" && exec \"$0\" -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind(\"x.sock\"); s.listen(); "
            + "print(\"ready\", flush=True); s.accept()[0].sendall(b\"hi\\n\")'", ForeignProgram.Python, directory);
        await server.ReadUntilAsync("ready");
        await using (var explain = StartProgram("sh", "-c", "cd \"$1\" && exec \"$0\" explain x.sock", Tool, directory))
            Assert.Contains("connect would work", (await explain.EndAsync()).Output, StringComparison.Ordinal);
        await using (var serve = StartProgram("sh", "-c", "cd \"$1\" && exec \"$0\" serve unix:y.sock", Tool, directory))
        {
            var refused = await serve.EndAsync();
            Assert.Equal(1, refused.Status);
            Assert.StartsWith($"samehost: bind failed: File name too long (36): {directory}/y.sock\nhint: The path has ", refused.Errors,
                StringComparison.Ordinal);
        }
        await using var client = StartProgram("sh", "-c", "cd \"$1\" && exec \"$0\" connect x.sock", Tool, directory);
        Assert.Equal(new ToolResult(0, "hi\n", ""), await client.EndAsync());
    }

    /// <summary>The commands of a hint can be pasted into a shell.</summary>
    [Theory(Timeout = 180_000)]
    [InlineData("my sock", "'", "'")]
    [InlineData("it's; ls", "'", "'")]
    [InlineData("line\nend\t'\\", "$'", "'")]
    [InlineData("~", "'", "'")]
    public async Task A_path_in_a_hint_is_quoted_for_the_shell(string name, string begin, string end)
    {
        var result = await ConnectAsync("", At(name));
        var hint = result.Errors.TrimEnd('\n').Split('\n')[^1];
        Assert.StartsWith($"hint: samehost explain {begin}{Temporary}", hint, StringComparison.Ordinal);
        Assert.EndsWith($"{end} gives the details.", hint, StringComparison.Ordinal);
        var word = hint["hint: samehost explain ".Length..^" gives the details.".Length];
        await using var shell = StartProgram("bash", "-c", $"printf %s {word}");
        Assert.Equal(At(name), (await shell.EndAsync()).Output);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_file_that_is_not_a_socket_is_explained()
    {
        File.WriteAllText(At("file"), "");
        await FailsAsync(
            $"connect failed: Connection refused (111): {At("file")}",
            $"{At("file")} is a regular file and no socket. Give the path that the server listens at.",
            $"'samehost explain {At("file")}' gives the details.", At("file"));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_stale_file_is_explained()
    {
        using (var killed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            killed.Bind(new UnixDomainSocketEndPoint(At("a.sock"))); // the runtime leaves the file when it does not listen
        if (!File.Exists(At("a.sock")))
        {
            await using var server = await ServeAsync(At("a.sock"), "--echo");
            await using var kill = StartProgram("sh", "-c", "kill -9 $0", $"{server.Id}");
            Assert.Equal(0, (await kill.EndAsync()).Status);
            await server.EndAsync();
        }
        await FailsAsync(
            $"connect failed: Connection refused (111): {At("a.sock")}",
            $"{At("a.sock")} is a stale socket file: the socket that it was made for is closed, as when a server was killed. "
            + "Start the server again. With this library it replaces the file; others may need it removed.",
            $"'samehost explain {At("a.sock")}' gives the details.", At("a.sock"));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_of_another_type_is_explained()
    {
        await using var server = await ServeAsync(At("a.sock"), "--type", "seqpacket", "--echo");
        await FailsAsync(
            $"connect failed: Protocol wrong type for socket (91): {At("a.sock")}",
            $"A seqpacket socket is at {At("a.sock")}, and only a seqpacket socket can connect to it. Use a seqpacket client, or have a "
                + "stream server there.\n"
                + "hint: --type seqpacket connects to it.",
            $"'samehost explain {At("a.sock")}' gives the details.", At("a.sock"));
    }

    [Fact(Timeout = 180_000)]
    public async Task Another_users_server_is_explained()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("run the tests as root: only root can start a program as another user");
        await using var server = await ServeAsync(At("a.sock"), "--echo");
        var copy = CopyTool();
        await using var client = StartProgram(
            ForeignProgram.SetPriv, "--reuid=65534", "--regid=65534", "--clear-groups", copy, "connect", At("a.sock"));
        var result = await client.EndAsync();
        Assert.Equal(1, result.Status);
        Assert.StartsWith(
            $"samehost: connect failed: Permission denied (13): {At("a.sock")}\nhint: User ", result.Errors,
            StringComparison.Ordinal);
        Assert.Contains($"may not write to {At("a.sock")}, which connecting takes: ", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_is_not_accepted_is_sent_nothing()
    {
        await using var server = await ServeAsync(At("a.sock"), "--keep");
        var result = await ConnectAsync("secret\n", At("a.sock"), "--require-server", "uid:4242");
        Assert.Equal(1, result.Status);
        Assert.StartsWith("samehost: connect failed: Permission denied (13): ", result.Errors, StringComparison.Ordinal);
        server.Terminate();
        Assert.Equal("", (await server.EndAsync()).Output);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_is_accepted_is_used()
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo");
        Assert.Equal(new ToolResult(0, "hi\n", ""), await ConnectAsync("hi\n", At("a.sock"), "--require-server", "self"));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_did_not_read_everything_is_reported()
    {
        using var listener = LocalPeer.Listen(At("a.sock"));
        await using var client = Start("connect", At("a.sock"));
        using (var server = await listener.AcceptAsync(TestContext.Current.CancellationToken))
        {
            client.Type(new string('x', 50_000));
            await server.ExpectAsync("x");
        }
        var result = await client.EndAsync();
        Assert.Equal((1, ""), (result.Status, result.Output));
        Assert.StartsWith("samehost: read failed: Connection reset by peer (104)\nhint: ", result.Errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("stream", "hi\n")]
    [InlineData("seqpacket", "hi\n")]
    [InlineData("stream", null)]
    [InlineData("seqpacket", null)]
    public async Task A_server_that_does_not_allow_the_user_makes_it_fail_and_is_named_as_the_likely_reason(string type, string? input)
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo", "--type", type, "--allow", "uid:4242");
        for (var i = 0; i < 5; i++) // the server may close before the input is sent, or after
        {
            await using var client = Start("connect", At("a.sock"), "--type", type);
            if (input is not null) // otherwise the input stays open, as at a terminal
            {
                client.Type(input.TrimEnd());
                client.Input.Close();
            }
            var result = await client.EndAsync();
            Assert.Equal((1, ""), (result.Status, result.Output));
            Assert.Contains(
                $"\nhint: It was closed before a byte came: the server may not allow user {Environment.UserName} (", result.Errors,
                StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = 180_000)]
    [InlineData("")]
    [InlineData("hi\n")]
    public async Task A_server_that_reads_to_the_end_and_answers_nothing_is_no_failure(string input)
    {
        await using var server = await ServeAsync(At("a.sock"), "--exec", "sh", "-c", "cat > /dev/null");
        Assert.Equal(new ToolResult(0, "", ""), await ConnectAsync(input, At("a.sock")));
    }

    [Fact(Timeout = 180_000)]
    public async Task The_idle_timeout_ends_the_connection()
    {
        using var listener = LocalPeer.Listen(At("a.sock"));
        Assert.Equal(
            new ToolResult(1, "", "samehost: nothing was sent or received for 100ms\n"),
                await ConnectAsync("hi\n", At("a.sock"), "--idle-timeout", "100ms"));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_full_disk_is_one_line_and_status_1()
    {
        await using var server = await ServeAsync(At("a.sock"), "--exec", "echo", "hi");
        await using var client = StartProgram("sh", "-c", "exec \"$0\" connect \"$1\" > /dev/full", Tool, At("a.sock"));
        Assert.Equal(new ToolResult(1, "", "samehost: write failed: No space left on device (28)\n"), await client.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_closed_pipe_ends_the_command_without_a_message()
    {
        await using var server = await ServeAsync(At("a.sock"), "--exec", "yes");
        await using var client = Start("connect", At("a.sock"));
        await client.ReadUntilAsync("y\n");
        client.CloseOutput();
        var result = await client.EndAsync(readsOutput: false);
        Assert.Equal((128 + 13, ""), (result.Status, result.Errors));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_closed_standard_input_is_one_line_and_status_1()
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo");
        await using var client = StartProgram("sh", "-c", "exec \"$0\" connect \"$1\" 0<&-", Tool, At("a.sock"));
        Assert.Equal(new ToolResult(1, "", "samehost: standard input is closed: give it something to read, as in < /dev/null\n"),
            await client.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_signal_ends_the_client_with_its_number()
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo");
        await using var client = Start("connect", At("a.sock"));
        client.Type("hi");
        await client.ReadUntilAsync("hi\n");
        client.Terminate();
        Assert.Equal(new ToolResult(128 + 15, "hi\n", ""), await client.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_descriptor_that_is_not_open_is_named()
    {
        Assert.Equal(
            new ToolResult(1, "", "samehost: fd:77: no descriptor of this number is open\n"), await RunAsync("connect", "fd:77"));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("stream")]
    [InlineData("seqpacket")]
    public async Task The_wait_for_a_full_backlog_ends_after_the_given_time(string type)
    {
        using var listener = new Socket(
            AddressFamily.Unix, type == "stream" ? SocketType.Stream : SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(At("a.sock")));
        listener.Listen(1);
        var waiting = new List<Socket>();
        try
        {
            while (true)
            {
                var client = new Socket(listener.AddressFamily, listener.SocketType, ProtocolType.Unspecified) { Blocking = false };
                waiting.Add(client);
                client.Connect(listener.LocalEndPoint!);
            }
        }
        catch (SocketException)
        {
            // Now it is full.
        }
        // By default connecting waits ten seconds, as the library does.
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        var result = await RunAsync("connect", At("a.sock"), "--type", type, "--wait", "0");
        Assert.StartsWith(
            $"samehost: connect failed: Resource temporarily unavailable (11): {At("a.sock")}\nhint: ", result.Errors,
            StringComparison.Ordinal);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(9));
        waiting.ForEach(client => client.Dispose());
    }

    private async Task FailsAsync(string problem, string hint, string last, params string[] arguments) =>
        Assert.Equal(new ToolResult(1, "", $"samehost: {problem}\nhint: {hint}\nhint: {last}\n"), await ConnectAsync("hi\n", arguments));
}
