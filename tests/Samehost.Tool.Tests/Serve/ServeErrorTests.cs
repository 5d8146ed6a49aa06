using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Serve;

public sealed class ServeErrorTests : ToolFixture
{
    [Theory(Timeout = 180_000)]
    [InlineData("no address is named, and no service manager passes a socket (LISTEN_FDS): 'samehost serve ADDRESS'")]
    [InlineData("systemd:web is wanted, and no service manager passes a socket (LISTEN_FDS): 'samehost serve ADDRESS'", "systemd:web")]
    [InlineData("the name of the program to run is empty", "a.sock", "--exec", "")]
    [InlineData("--group is empty", "a.sock", "--group", "", "--echo")]
    [InlineData("Required argument missing for option: '--exec'; 'samehost serve --help' shows how", "a.sock", "--exec")]
    [InlineData("--echo and --exec cannot both serve a connection", "a.sock", "--echo", "--exec", "cat")]
    [InlineData("--exec needs connections, and datagrams have none: --type stream or seqpacket", "a.sock", "--type", "datagram", "--exec",
        "cat")]
    [InlineData("--idle-timeout does not work with --exec, whose program alone uses the connection: use --time-limit",
        "a.sock", "--idle-timeout", "5s", "--exec", "cat")]
    [InlineData("--hex is for standard input and output, not for --echo or --exec", "a.sock", "--hex", "--echo")]
    [InlineData("--mode and --group are for a socket file that is made here, and there is none", "@a", "--mode", "0660")]
    [InlineData("'999' is not a mode of a socket file: use three octal digits, as in 0660; 'samehost serve --help' shows how",
        "a.sock", "--mode", "999")]
    [InlineData("--max-connections and --max-per-user are for --echo, --exec and --keep, with connections", "a.sock", "--max-connections",
        "3")]
    [InlineData("'0' is not valid for --max-connections: use a number from 1 to 1000000; 'samehost serve --help' shows how",
        "a.sock", "--max-connections", "0")]
    [InlineData("--keep is for connections; datagrams are received from all senders", "a.sock", "--type", "datagram", "--keep")]
    [InlineData("--time-limit is for connections, and datagrams have none", "a.sock", "--type", "datagram", "--time-limit", "1s")]
    [InlineData("--handover needs a path or an abstract name", "fd:3", "--handover", "--echo")]
    [InlineData("--handover needs a server that continues after a client: --echo, --exec or --keep, with stream or seqpacket", "a.sock",
        "--handover")]
    [InlineData("--quiet and --verbose are opposites", "a.sock", "-q", "-v")]
    [InlineData("TCP is not accepted here (tcp:localhost:80), but a path, @name, fd:N, systemd:NAME; "
        + "'samehost relay' joins TCP to a local socket; 'samehost serve --help' shows how", "tcp:localhost:80")]
    [InlineData("'5 parsecs' is not a time: use 200ms, 5s, 1.5m or 1h, a day at most; 'samehost serve --help' shows how",
        "a.sock", "--drain", "5 parsecs")]
    public async Task Wrong_usage_is_named_and_has_status_2(string problem, params string[] arguments)
    {
        var result = await RunAsync(["serve", .. arguments]);
        Assert.Equal(new ToolResult(2, "", $"samehost: {problem}\n"), result);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("there is no such program in PATH", "nosuchprogram")]
    [InlineData("no such file", "/nowhere/program")]
    [InlineData("it is a directory", "/etc")]
    [InlineData("it is not executable", "/etc/passwd")]
    public async Task A_program_that_cannot_be_run_is_named_before_the_first_client(string problem, string program)
    {
        var result = await RunAsync("serve", At("a.sock"), "--exec", program);
        Assert.Equal(new ToolResult(1, "", $"samehost: cannot run {program}: {problem}\n"), result);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_second_copy_reports_that_the_first_is_running()
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo");
        var result = await RunAsync("serve", At("a.sock"), "--echo");
        Assert.Equal(1, result.Status);
        Assert.StartsWith($"samehost: bind failed: Address already in use (98): {At("a.sock")}\nhint: ", result.Errors,
            StringComparison.Ordinal);
        Assert.Equal("still\n", (await ConnectAsync("still\n", At("a.sock"))).Output);
        result = await RunAsync("serve", At("a.sock"), "--echo", "--handover");
        Assert.EndsWith(
            "hint: A server hands over only if it was started with --handover as well.\n", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_directory_is_named()
    {
        var result = await RunAsync("serve", At("nowhere/a.sock"));
        Assert.Equal(1, result.Status);
        Assert.StartsWith("samehost: bind failed: No such file or directory (2): ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("\nhint: ", result.Errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("serve", "--echo")]
    [InlineData("relay", "@nobody")]
    public async Task A_group_that_does_not_exist_is_named(string command, string argument)
    {
        var result = await RunAsync(command, At("a.sock"), argument, "--group", "no-such-group");
        Assert.Equal(
            new ToolResult(2, "", "samehost: --group: there is no group named no-such-group: getent group lists them\n"), result);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("/proc/x.sock")]
    [InlineData("/proc/self/fd/x.sock")]
    public async Task No_user_can_make_a_file_where_the_kernel_makes_them(string path)
    {
        List<ToolResult> results = [await RunAsync("serve", path)];
        if (Environment.IsPrivilegedProcess)
        {
            await using var other = StartProgram(ForeignProgram.SetPriv, "--reuid=65534", "--regid=65534", "--clear-groups",
                "env", $"DOTNET_ROOT={ToolRun.RuntimeRoot}", CopyTool(), "serve", path);
            results.Add(await other.EndAsync());
        }
        foreach (var result in results)
        {
            Assert.Equal((1, ""), (result.Status, result.Output));
            Assert.Matches(
                @"^samehost: bind failed: No such file or directory \(2\): .*\nhint: /proc\S* is made by the kernel \(proc\), and accepts "
                + @"no files\. Choose a path under /run or /tmp\.\n$", result.Errors);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_descriptor_that_is_not_open_or_not_a_socket_is_named()
    {
        Assert.Equal(
            new ToolResult(1, "", "samehost: fd:77: no descriptor of this number is open\n"), await RunAsync("serve", "fd:77", "--echo"));
        await using var run = StartProgram("sh", "-c", "exec \"$0\" serve fd:3 3< /dev/null", Tool);
        Assert.Equal(new ToolResult(1, "", "samehost: fd:3: The descriptor is not a socket; a local stream socket is wanted\n"),
            await run.EndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_handover_of_another_socket_type_is_refused()
    {
        await using var first = await ServeAsync(At("a.sock"), "--echo", "--handover");
        var result = await RunAsync("serve", At("a.sock"), "--echo", "--handover", "--type", "seqpacket");
        Assert.Equal(new ToolResult(1, "", "samehost: the running server serves another type of socket: give its --type\n"), result);
        Assert.Equal("still\n", (await ConnectAsync("still\n", At("a.sock"))).Output);
    }

    [Fact(Timeout = 180_000)]
    public async Task More_connections_of_one_user_than_allowed_are_refused_and_the_first_is_logged()
    {
        await using var server = await ServeAsync(At("a.sock"), "--echo", "--max-per-user", "1");
        using var first = LocalPeer.Connect(At("a.sock"));
        first.Say("hi");
        await first.ExpectAsync("hi");
        using var second = LocalPeer.Connect(At("a.sock"));
        Assert.Equal("", await second.ReadToEndAsync());
        await server.ReadErrorsUntilAsync(" has 1 connection already (see --allow; --verbose logs further ones)\n");
    }

    [Fact(Timeout = 180_000)]
    public async Task Another_user_is_refused_until_allowed()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("run the tests as root: only root can start a program as another user");
        var client = CopyTool();
        string[] connect = ["--reuid=65534", "--regid=65534", "--clear-groups", client, "connect", At("a.sock")];
        await using (var server = await ServeAsync(At("a.sock"), "--mode", "0666", "--exec", "echo", "welcome"))
        {
            await using var refused = StartProgram(ForeignProgram.SetPriv, connect);
            Assert.DoesNotContain("welcome", (await refused.EndAsync()).Output, StringComparison.Ordinal);
            await server.ReadErrorsUntilAsync("is not allowed by the policy (see --allow;");
            server.Terminate();
            Assert.Equal(0, (await server.EndAsync()).Status);
        }
        await using var open = await ServeAsync(At("a.sock"), "--mode", "0666", "--allow", "uid:65534", "--exec", "echo", "welcome");
        await using var allowed = StartProgram(ForeignProgram.SetPriv, connect);
        Assert.Equal(new ToolResult(0, "welcome\n", ""), await allowed.EndAsync());
    }

    [Theory(Timeout = 180_000)]
    [InlineData("stream")]
    [InlineData("seqpacket")]
    public async Task A_full_disk_is_one_line_and_status_1(string type)
    {
        await using var server =
            StartProgram("sh", "-c", "exec \"$0\" serve \"$1\" -q --type $2 > /dev/full", Tool, At("a.sock"), type);
        await ConnectAsync("hi\n", At("a.sock"), "--type", type, "--wait", "30s");
        Assert.Equal(new ToolResult(1, "", "samehost: write failed: No space left on device (28)\n"), await server.EndAsync());
        NothingIsLeft();
    }

    [Theory(Timeout = 180_000)]
    [InlineData()]
    [InlineData("--keep")]
    public async Task A_closed_pipe_ends_the_command_without_a_message(params string[] options)
    {
        await using var server = await ServeAsync([At("a.sock"), .. options]);
        server.CloseOutput();
        using var client = LocalPeer.Connect(At("a.sock"));
        client.Say("hi\n");
        var result = await server.EndAsync(readsOutput: false);
        Assert.Equal((128 + 13, 1), (result.Status, result.Errors.Split('\n').Length - 1));
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_line_that_is_not_hexadecimal_is_named()
    {
        await using var server = await ServeAsync(At("a.sock"), "--hex");
        using var client = LocalPeer.Connect(At("a.sock"));
        server.Type("48 69");
        server.Type("4x");
        await client.ExpectAsync("Hi");
        var result = await server.EndAsync();
        Assert.Equal(1, result.Status);
        Assert.EndsWith(
            "samehost: line 2 of the input is not hexadecimal: write two digits for each byte, as in 48 69 0a\n", result.Errors,
            StringComparison.Ordinal);
    }
}
