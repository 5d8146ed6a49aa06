using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Relay;

public sealed class RelayCommandTests : RelayFixture
{
    [Fact(Timeout = 180_000)]
    public async Task The_relay_prints_the_credentials_that_the_server_sees()
    {
        await using var run = Start("relay", FromPath, ToPath);
        var line = await run.ReadErrorLineAsync();
        Assert.Matches(
            $@"^samehost: relaying {Regex.Escape(FromPath)} to {Regex.Escape(ToPath)}; the server sees this relay's credentials "
            + @"\(uid \d+, gid \d+, pid \d+\) instead of its clients'$", line);
        run.Terminate();
        Assert.Equal(0, (await run.EndAsync()).Status);
    }

    [Fact(Timeout = 180_000)]
    public async Task Ctrl_C_ends_the_relay_with_its_connections_and_leaves_no_file()
    {
        using var listener = Listen(Local(ToPath));
        var (run, address) = await RelayAsync(FromPath, listener.LocalEndPoint!);
        await using var _ = run;
        using var client = await ConnectAsync(address);
        using var server = await listener.AcceptAsync(Stop);
        run.Interrupt();
        Assert.Empty(await ReceiveAllAsync(client));
        Assert.Empty(await ReceiveAllAsync(server));
        var result = await run.EndAsync();
        Assert.Equal(0, result.Status);
        Assert.False(File.Exists(FromPath));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("text", "  one\\n\n  t\\x1bwo\\xff\\\\\\r\n")]
    [InlineData("hex", "  00000000  6f 6e 65 0a 74 1b 77 6f ff 5c 0d                 |one.t.wo.\\.|\n")]
    public async Task A_dump_shows_the_relayed_data_escaped_for_a_terminal(string style, string shown)
    {
        using var listener = Listen(Local(ToPath));
        var (run, address) = await RelayAsync(FromPath, listener.LocalEndPoint!, "--dump", style, "--once");
        await using var _ = run;
        using var client = await ConnectAsync(address);
        using var server = await listener.AcceptAsync(Stop);
        await SendAllAsync(client, new byte[] { 0x6f, 0x6e, 0x65, 0x0a, 0x74, 0x1b, 0x77, 0x6f, 0xff, 0x5c, 0x0d });
        await server.ReceiveAsync(new byte[20], Stop);
        client.Shutdown(SocketShutdown.Send);
        await ReceiveAllAsync(server);
        server.Shutdown(SocketShutdown.Send);
        var result = await run.EndAsync();
        var text = Regex.Replace(result.Output, @"(?m)^\d\d:\d\d:\d\d\.\d{6} ", "TIME ");
        Assert.Equal(0, result.Status);
        Assert.StartsWith("TIME 1 = from ", text, StringComparison.Ordinal);
        Assert.EndsWith(
            $"TIME 1 > 11 bytes\n{shown}TIME 1 > end\nTIME 1 < end\nTIME 1 = ended: 11 bytes to the server, 0 to the client\n",
            text, StringComparison.Ordinal);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("--dump text > /dev/full", "samehost: write failed: No space left on device (28)")]
    [InlineData("--record r", "samehost: the recording cannot be written: ")]
    public async Task A_full_disk_is_reported_and_nothing_is_relayed_unrecorded(string options, string message)
    {
        using var listener = Listen(Local(ToPath));
        // The runtime does not start with a file size limit unless double mapping is disabled.
        var limit = options.StartsWith("--record", StringComparison.Ordinal)
            ? "trap '' XFSZ; export DOTNET_EnableWriteXorExecute=0; ulimit -f 0;" : "";
        await using var run = StartProgram(
            "sh", "-c", $"cd {Temporary}; {limit} exec \"$0\" relay \"$1\" \"$2\" {options}", Tool, FromPath, ToPath);
        if (options.StartsWith("--dump", StringComparison.Ordinal))
        {
            await run.ReadErrorLineAsync();
            using var client = await ConnectAsync(Local(FromPath));
            Assert.Empty(await ReceiveAllAsync(client));
        }
        var result = await run.EndAsync();
        Assert.Equal(1, result.Status);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_dump_whose_reader_has_closed_ends_quietly()
    {
        using var listener = Listen(Local(ToPath));
        var (run, address) = await RelayAsync(FromPath, listener.LocalEndPoint!, "--dump", "hex");
        await using var _ = run;
        run.CloseOutput();
        using var client = await ConnectAsync(address);
        var result = await run.EndAsync(readsOutput: false);
        Assert.Equal(128 + 13, result.Status);
        Assert.DoesNotContain("failed", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_client_that_is_not_allowed_is_not_relayed()
    {
        using var listener = Listen(Local(ToPath));
        var (run, address) = await RelayAsync(FromPath, listener.LocalEndPoint!, "--allow", "uid:4294967000");
        await using var _ = run;
        using var client = await ConnectAsync(address);
        Assert.Empty(await ReceiveAllAsync(client));
        Assert.Contains("client refused: ", await run.ReadErrorLineAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_file_has_the_given_mode()
    {
        var (run, _) = await RelayAsync(FromPath, Local(ToPath), "--mode", "660");
        await using var __ = run;
        Assert.Equal(Convert.ToInt32("660", 8), (int)File.GetUnixFileMode(FromPath));
    }

    [Fact(Timeout = 180_000)]
    public async Task The_file_has_the_given_group()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: an ordinary user has no other group to give");
        await using var run = Start("relay", FromPath, ToPath, "--mode", "0660", "--group", "4321");
        await run.ReadErrorLineAsync();
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%g %a", FromPath]) { RedirectStandardOutput = true })!;
        Assert.Equal("4321 660\n", await stat.StandardOutput.ReadToEndAsync(Stop));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_listening_descriptor_can_be_FROM_and_a_connected_one_TO()
    {
        const string Hand = """
            import os, socket, sys
            listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen()
            ours, theirs = socket.socketpair()
            client = socket.create_connection(listener.getsockname())
            if os.fork() == 0:
                os.dup2(listener.fileno(), 3); os.dup2(theirs.fileno(), 4)
                os.set_inheritable(3, True); os.set_inheritable(4, True)
                os.execv(sys.argv[1], ["samehost", "relay", "fd:3", "fd:4", "-q"])
            listener.close(); theirs.close()
            client.send(b"ping"); print(ours.recv(10)); ours.send(b"pong"); print(client.recv(10))
            ours.close(); print(client.recv(10)); client.close(); print(os.wait()[1])
            """;
        await using var python = StartProgram(ForeignProgram.Python, "-c", Hand, Tool);
        Assert.Equal("b'ping'\nb'pong'\nb''\n0\n", (await python.EndAsync()).Output);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("TCP is a stream", "tcp:127.0.0.1:0", "/a", "--type", "seqpacket")]
    [InlineData("datagrams are relayed between", "fd:9", "/a", "--type", "datagram")]
    [InlineData("--allow is for local clients", "tcp:127.0.0.1:0", "/a", "--allow", "self")]
    [InlineData("--require-server is for a local server", "/a", "tcp:127.0.0.1:1", "--require-server", "self")]
    [InlineData("have", "@a", "/a", "--mode", "600")]
    [InlineData("is not a mode", "/a", "/b", "--mode", "888")]
    [InlineData("--group is empty", "/a", "/b", "--group", "")]
    [InlineData("text or hex", "/a", "/b", "--dump", "octal")]
    [InlineData("\"localhost:8080\" looks like an address of TCP: use tcp:localhost:8080; a file of that name would be ./localhost:8080",
        "localhost:8080", "/a")]
    [InlineData("use tcp:localhost:8080", ":8080", "/a")]
    [InlineData("use tcp:[::1]:8080", "/a", "[::1]:8080")]
    [InlineData("FROM and TO are the same", "/a", "unix:/a")]
    [InlineData("FROM and TO are the same", "@a", "@a", "--type", "datagram")]
    public async Task Wrong_usage_is_reported_with_status_2(string message, params string[] arguments)
    {
        var result = await RunAsync(["relay", .. arguments]);
        Assert.Equal((2, ""), (result.Status, result.Output));
        Assert.Contains(message == "have" ? "are of a socket file" : message, result.Errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("fd:77 is no socket, or not open", "fd:77", "/tmp/no")]
    [InlineData("No such file or directory", "/nowhere/at/all.sock", "/tmp/no")]
    [InlineData("the recording cannot be made: /no/where: No such file or directory", "/tmp/none.sock", "/tmp/no", "--record", "/no/where")]
    [InlineData("the recording cannot be made: /etc is a directory", "/tmp/samehost-none.sock", "/tmp/no", "--record", "/etc")]
    [InlineData("the recording cannot be made: the name of the file is empty", "/tmp/samehost-none.sock", "/tmp/no", "--record", "")]
    public async Task Failures_at_start_are_one_line_with_the_reason(string message, params string[] arguments)
    {
        var result = await RunAsync(["relay", .. arguments]);
        Assert.Equal((1, ""), (result.Status, result.Output));
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("localhost:99999")]
    [InlineData("a b:1")]
    [InlineData("./localhost:8080")]
    [InlineData("@localhost:8080")]
    public async Task Names_that_only_resemble_an_address_of_tcp_are_names(string to)
    {
        var result = await RunAsync("relay", "/nowhere/at/all.sock", to);
        Assert.StartsWith("samehost: bind failed: No such file or directory (2)", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_port_in_use_is_reported()
    {
        using var taken = Listen(AnyPort);
        var result = await RunAsync("relay", $"tcp:{taken.LocalEndPoint}", ToPath);
        Assert.Equal(1, result.Status);
        Assert.Equal(
            $"samehost: listen failed: Address already in use (98): tcp:{taken.LocalEndPoint}\n"
            + $"hint: 'ss -ltnp sport = :{((IPEndPoint)taken.LocalEndPoint!).Port}' shows who has the port.\n", result.Errors);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("tcp:127.0.0.1:1", "Connection refused (111)", "No server listens at that port: ")]
    [InlineData("tcp:[::1]:1", "Connection refused (111)", "No server listens at that port: ")]
    [InlineData("tcp:none.invalid:80", "there is no host named none.invalid", "'getent hosts none.invalid' shows ")]
    public async Task A_missing_TCP_server_is_named(string to, string reason, string hint)
    {
        await using var run = Start("relay", FromPath, to);
        await run.ReadErrorLineAsync();
        using var client = await ConnectAsync(Local(FromPath));
        Assert.Empty(await ReceiveAllAsync(client));
        await run.ReadErrorLineAsync();
        var message = await run.ReadErrorLineAsync();
        if (to.Contains("none", StringComparison.Ordinal) && message.Contains("cannot be resolved", StringComparison.Ordinal))
            Assert.Skip("this machine has no resolver that could say so");
        Assert.Equal($"samehost: connection 1 cannot be relayed: connect failed: {reason}: {to}", message);
        Assert.StartsWith($"hint: {hint}", await run.ReadErrorLineAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_relay_to_itself_by_another_name_is_detected_at_the_first_connection()
    {
        var link = Path.Join(Temporary, "link");
        File.CreateSymbolicLink(link, FromPath);
        await using var run = Start("relay", FromPath, link);
        await run.ReadErrorLineAsync();
        using var client = await ConnectAsync(Local(FromPath));
        Assert.Empty(await ReceiveAllAsync(client));
        await run.ReadErrorLineAsync();
        Assert.Equal(
            $"samehost: connection 1 cannot be relayed: connect failed: Resource deadlock avoided (35): {link}",
            await run.ReadErrorLineAsync());
        Assert.Contains("is this relay itself", await run.ReadErrorLineAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_recording_over_a_file_that_others_could_read_is_private()
    {
        var file = Path.Join(Temporary, "talk");
        File.WriteAllText(file, new string('x', 1000));
        File.SetUnixFileMode(file, (UnixFileMode)Convert.ToInt32("644", 8));
        var (run, _) = await RelayAsync(FromPath, Local(ToPath), "--record", file);
        await using var __ = run;
        Assert.Equal(Convert.ToInt32("600", 8), (int)File.GetUnixFileMode(file));
        Assert.Single(File.ReadAllLines(file));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_recording_is_not_made_in_another_users_file()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: only root can start a program as another user");
        var file = Path.Join(Temporary, "talk");
        File.WriteAllText(file, "root's");
        File.SetUnixFileMode(file, (UnixFileMode)Convert.ToInt32("666", 8));
        await using var run = StartProgram(
            ForeignProgram.SetPriv, "--reuid=65534", "--regid=65534", "--clear-groups", CopyTool(), "relay", FromPath, ToPath,
            "--record", file);
        var result = await run.EndAsync();
        // In a sticky directory such as /tmp the kernel may refuse even to open it.
        Assert.Equal(1, result.Status);
        Assert.StartsWith("samehost: the recording cannot be made: ", result.Errors, StringComparison.Ordinal);
        Assert.Equal("root's", File.ReadAllText(file));
    }
}
