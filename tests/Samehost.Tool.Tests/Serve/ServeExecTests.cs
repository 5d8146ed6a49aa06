using System.Diagnostics;
using System.Net.Sockets;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Serve;

public sealed class ServeExecTests : ToolFixture
{
    [Fact(Timeout = 180_000)]
    public async Task A_program_reads_its_client_to_the_end_and_answers()
    {
        await using var server = await ServeAsync(At("a.sock"), "--exec", "sort", "-r");
        Assert.Equal(new ToolResult(0, "c\nb\na\n", ""), await ConnectAsync("b\na\nc\n", At("a.sock")));
        Assert.Equal(new ToolResult(0, "z\n", ""), await ConnectAsync("z\n", At("a.sock")));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_gets_the_identity_of_the_client()
    {
        const string Script = """
            test "$IPCREMOTEEUID" = "$(id -u)" && test "$IPCREMOTEEGID" = "$(id -g)" || echo wrong user
            echo "$PROTO $IPCREMOTEPID $IPCLOCALPATH $IPCREMOTEPATH."; env | grep -c -e ^LISTEN_ -e ^NOTIFY_SOCKET=
            """;
        string[] foreign = ["env", "IPCREMOTEPATH=/forged", "NOTIFY_SOCKET=@nobody", Tool, "serve", At("a.sock"), "--exec", "sh", "-c",
            Script];
        await using var server = StartProgram(foreign[0], foreign[1..]);
        await server.ReadErrorsUntilAsync("serving");
        using var unnamed = LocalPeer.Connect(At("a.sock"));
        Assert.Equal($"IPC {Environment.ProcessId} {At("a.sock")} .\n0\n", await unnamed.ReadToEndAsync());

        using var named = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        named.Bind(new UnixDomainSocketEndPoint(At("me\n\e[31m")));
        named.Connect(new UnixDomainSocketEndPoint(At("a.sock")));
        Assert.Equal($"IPC {Environment.ProcessId} {At("a.sock")} {At("me")}\\x0a\\x1b[31m.\n0\n", await named.ReadToEndAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_has_the_connection_and_no_other_descriptor_of_ours()
    {
        const string Script = "ls /proc/$$/fd";
        await using var server = await ServeAsync(At("a.sock"), "--exec", "sh", "-c", Script);
        using var other = LocalPeer.Connect(At("a.sock"));
        Assert.Equal("0\n1\n2\n", (await ConnectAsync("", At("a.sock"))).Output);
    }

    /// <summary>A parent process may leave descriptors open, or pass variables that are for the server only.</summary>
    [Fact(Timeout = 180_000)]
    public async Task A_program_inherits_nothing_that_was_passed_to_the_server()
    {
        const string Script = "ls /proc/$$/fd; env | grep -e ^LISTEN_ -e ^NOTIFY -e ^WATCHDOG_";
        string[] variables =
        [
            "LISTEN_PID=1", "LISTEN_PIDFDID=1", "LISTEN_FDS=1", "LISTEN_FDNAMES=a", "NOTIFY_SOCKET=@nobody", "WATCHDOG_PID=1",
            "WATCHDOG_USEC=1000000",
        ];
        await using var server = StartProgram(
            "env", [.. variables, "sh", "-c", "exec 3</dev/null 7</dev/null; exec \"$@\" 9>/dev/null", "sh",
                Tool, "serve", At("a.sock"), "--exec", "sh", "-c", Script]);
        await server.ReadErrorsUntilAsync("serving");
        for (var i = 0; i < 2; i++)
            Assert.Equal("0\n1\n2\n", (await ConnectAsync("", At("a.sock"))).Output);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_has_a_standard_error_even_if_the_server_has_none()
    {
        await using var server = StartProgram(
            "sh", "-c", "exec \"$@\" 2>&-", "sh", Tool, "serve", At("a.sock"), "--exec", "sh", "-c", "test -e /proc/$$/fd/2 && echo yes");
        while (!File.Exists(At("a.sock")))
            await Task.Delay(2, TestContext.Current.CancellationToken);
        Assert.Equal("yes\n", (await ConnectAsync("", At("a.sock"), "--wait", "10s")).Output);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_ends_by_SIGPIPE_as_it_would_in_a_shell()
    {
        // It writes only after the reader has closed: a write that already blocks fails without the signal.
        await using var server = await ServeAsync(At("a.sock"), "-v", "--exec", "sh", "-c", "read go; exec yes");
        using var client = LocalPeer.Connect(At("a.sock"));
        client.Shutdown(SocketShutdown.Receive); // closing with unread data would be a reset instead
        client.Say("go\n");
        await server.ReadErrorsUntilAsync($"with status {128 + 13}\n");
    }

    [Fact(Timeout = 180_000)]
    public async Task Programs_that_have_ended_are_reaped_and_their_statuses_logged()
    {
        await using var server = await ServeAsync(At("a.sock"), "-v", "--exec", "sh", "-c", "read status; exit $status");
        for (var status = 0; status < 5; status++)
        {
            await ConnectAsync($"{status}\n", At("a.sock"));
            await server.ReadErrorsUntilAsync($"with status {status}\n");
        }
        Assert.Equal(new ToolResult(0, "", ""), await ConnectAsync("$(kill -9 $$)\n", At("a.sock")));
        Assert.Empty(ChildrenOf(server.Id));
    }

    [Fact(Timeout = 180_000)]
    public async Task The_status_is_reported_even_if_SIGCHLD_was_ignored()
    {
        await using var server = StartProgram("env", "--ignore-signal=CHLD", Tool, "serve", At("a.sock"), "-v", "--exec", "false");
        await server.ReadErrorsUntilAsync("serving");
        await ConnectAsync("", At("a.sock"));
        await server.ReadErrorsUntilAsync("with status 1\n");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_may_finish_after_a_signal_to_the_server()
    {
        await using var server = await ServeAsync(At("a.sock"), "--drain", "50s", "--exec", "sh", "-c",
            "echo ready; read word; echo got $word");
        using var client = LocalPeer.Connect(At("a.sock"));
        await client.ExpectAsync("ready\n");
        server.Terminate();
        client.Say("it\n");
        Assert.Equal("got it\n", await client.ReadToEndAsync());
        Assert.Equal(0, (await server.EndAsync()).Status);
        NothingIsLeft();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_drain_is_explained_when_it_lasts()
    {
        await using var server = await ServeAsync(At("a.sock"), "--drain", "50s", "--exec", "sh", "-c", "echo ready; read word");
        using var client = LocalPeer.Connect(At("a.sock"));
        await client.ExpectAsync("ready\n");
        server.Interrupt();
        await server.ReadErrorsUntilAsync(
            "samehost: stopping: 1 connection may continue for 50s (--drain); a second signal ends this at once\n");
        client.Say("it\n");
        Assert.Equal(0, (await server.EndAsync()).Status);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_that_does_not_finish_in_time_is_ended_with_all_that_it_started()
    {
        await using var server = await ServeAsync(At("a.sock"), "--drain", "100ms", "--exec", "sh", "-c",
            "echo ready; cat; echo never");
        using var client = LocalPeer.Connect(At("a.sock"));
        await client.ExpectAsync("ready\n");
        server.Terminate();
        Assert.Equal("", await client.ReadToEndAsync()); // cat has closed it as well
        var result = await server.EndAsync();
        Assert.Equal(0, result.Status);
        Assert.EndsWith("samehost: closed the remaining connections after 100ms\n", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_has_the_drain_time_and_no_second_more()
    {
        // A busy machine may take a second for each step: one success is enough.
        for (var attempt = 0; ; attempt++)
        {
            await using var server = await ServeAsync(At("a.sock"), "--drain", "0", "--exec", "sh", "-c", "echo ready; exec sleep 100");
            using var client = LocalPeer.Connect(At("a.sock"));
            await client.ExpectAsync("ready\n");
            var start = Stopwatch.GetTimestamp();
            server.Terminate();
            Assert.Equal("", await client.ReadToEndAsync());
            if (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(0.8))
                return;
            Assert.True(attempt < 10, "programs were ended a second too late each time");
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_that_ignores_SIGTERM_is_killed_at_its_time_limit()
    {
        await using var server =
            await ServeAsync(At("a.sock"), "-v", "--time-limit", "100ms", "--exec", "sh", "-c", "trap '' TERM; echo ready; cat; cat");
        using var client = LocalPeer.Connect(At("a.sock"));
        await client.ExpectAsync("ready\n");
        Assert.Equal("", await client.ReadToEndAsync());
        await server.ReadErrorsUntilAsync("with status 137\n");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_that_cannot_be_started_is_reported_and_the_server_continues()
    {
        var script = At("script");
        File.WriteAllText(script, "#!/bin/sh\necho hello\n");
        File.SetUnixFileMode(script, (UnixFileMode)Convert.ToInt32("755", 8));
        await using var server = await ServeAsync(At("a.sock"), "--exec", script);
        Assert.Equal("hello\n", (await ConnectAsync("", At("a.sock"))).Output);
        File.Move(script, At("elsewhere"));
        Assert.Equal("", (await ConnectAsync("", At("a.sock"))).Output);
        await server.ReadErrorsUntilAsync($"samehost: cannot run {script}: spawn failed: No such file or directory (2)\n");
        File.Move(At("elsewhere"), script);
        Assert.Equal("hello\n", (await ConnectAsync("", At("a.sock"))).Output);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_keeps_record_boundaries()
    {
        await using var server = await ServeAsync(At("a.sock"), "--type", "seqpacket", "--exec", "sh", "-c", "echo one; echo two");
        Assert.Equal("6f 6e 65 0a\n74 77 6f 0a\n", (await ConnectAsync("", At("a.sock"), "--type", "seqpacket", "--hex")).Output);
    }

    /// <summary>As process 1 of a container, which gets every orphan, and as a program executed by a start script.</summary>
    [Fact(Timeout = 180_000)]
    public async Task Inherited_children_are_reaped_and_have_no_other_effect()
    {
        await using var server = StartProgram(
            "sh", "-c", "true & exec \"$@\"", "sh", Tool, "serve", At("a.sock"), "-v", "--exec", "cat");
        await server.ReadErrorsUntilAsync("samehost: serving ");
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(new ToolResult(0, "hello\n", ""), await ConnectAsync("hello\n", At("a.sock")));
            await server.ReadErrorsUntilAsync("with status 0\n"); // it was reaped
        }
        server.Terminate();
        Assert.Equal(0, (await server.EndAsync()).Status);
    }

    private static string[] ChildrenOf(int process)
    {
        using var ps = Process.Start(new ProcessStartInfo(
            "ps", ["-o", "stat=,args=", "--ppid", $"{process}"])
        { RedirectStandardOutput = true })!;
        return ps.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
