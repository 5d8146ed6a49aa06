using Samehost.PeerTests.Support;

namespace Samehost.PeerTests;

/// <summary>The programs with common tools.</summary>
public sealed class ForeignPeerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Tools => ["nc", "socat", "python3"];

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Tools))]
    public async Task A_foreign_stream_client_is_answered(string tool)
    {
        await using var server = await StartAsync(Programs.StreamServer);
        await using var client = StartPeer(tool, "nc -NU {0}", "socat STDIO UNIX-CONNECT:{0}", """
            import socket, sys
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            for line in sys.stdin:
                s.sendall(line.encode()); answer = s.recv(4096)
                assert answer.endswith(b"\n\0"), answer
                print(answer[:-2].decode(), flush=True)
            """);
        foreach (var line in (string[])["g1", "g2", "g3"])
        {
            client.Type(line);
            await server.ExpectAsync($"Receive: {line}");
            await client.ExpectAsync($"Hi, {line}");
        }
        client.CloseInput();
        await server.ExpectAsync("client quit");
        await server.ExpectExitAsync(0);
    }

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Tools))]
    public async Task The_answers_of_a_foreign_stream_server_are_read(string tool)
    {
        await using var server = StartPeer(tool, "nc -lU {0}", "socat STDIO UNIX-LISTEN:{0}", """
            import socket, sys
            s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); c, _ = s.accept()
            while data := c.recv(4096):
                print(data[:-2].decode(), flush=True)
                c.sendall(sys.stdin.readline().encode())
            """);
        await SocketTable.WaitForServerAsync(_folder["peer.sock"]);
        await using var client = RunningProgram.Start(Programs.StreamClient, _folder["peer.sock"]);
        foreach (var line in (string[])["g1", "g2", "g3"])
        {
            client.Type(line);
            await server.ExpectAsync(line);
            server.Type($"Hi, {line}");
            await client.ExpectAsync($"Hi, {line}");
        }
        client.CloseInput();
        await client.ExpectExitAsync(0);
    }

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Tools))]
    public async Task A_foreign_datagram_client_is_answered(string tool)
    {
        await using var server = await StartAsync(Programs.DataServer);
        var own = _folder["own.sock"];
        await using var client = StartPeer(tool, $"nc -uU -s {own} {{0}}", $"socat STDIO UNIX-SENDTO:{{0}},bind={own}", """
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(os.path.dirname(sys.argv[1]) + "/own.sock")
            for line in sys.stdin:
                s.sendto(line.rstrip("\n").encode(), sys.argv[1]); print(s.recv(4096).decode(), flush=True)
            """);
        foreach (var line in (string[])["g1", "g2", "g3"])
        {
            client.Type(line);
            await server.ExpectAsync($"Receive: {line}", $"now sending: Hi, {line}");
            await client.ExpectTextAsync($"Hi, {line}"); // the tools print datagrams without a newline between them
        }
    }

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Tools))]
    public async Task The_answers_of_a_foreign_datagram_server_are_read(string tool)
    {
        await using var server = StartPeer(tool, "nc -luU {0}", "socat UNIX-RECVFROM:{0},fork PIPE", """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1])
            while True:
                data, sender = s.recvfrom(65536); s.sendto(data, sender)
            """);
        await SocketTable.WaitForServerAsync(_folder["peer.sock"]);
        await using var client = RunningProgram.Start(Programs.DataClient, _folder["peer.sock"]);
        foreach (var line in (string[])["g1", "g2", "g3"])
        {
            client.Type(line);
            await client.ExpectAsync($"now sending {line}");
            if (tool == "nc")
            {
                await server.ExpectTextAsync(line);
                server.Type(line);
            }
            await client.ExpectAsync(line);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_stream_client_that_closes_without_reading_its_answers_is_reported_as_quit()
    {
        await using var server = await StartAsync(Programs.StreamServer);
        const string Rude = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b"g1\ng2\n")
            while b"g2" not in s.recv(4096, socket.MSG_PEEK): pass
            """;
        await using var client = RunningProgram.Start(ForeignProgram.Python, "-c", Rude, _folder["peer.sock"]);
        await client.ExpectExitAsync(0);
        await server.ExpectAsync("Receive: g1", "Receive: g2", "client quit");
        await server.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_lines_of_a_stream_client_that_has_disconnected_are_printed()
    {
        await using var server = await StartAsync(Programs.StreamServer);
        const string Hasty = """
            import glob, os, signal, socket, sys, time
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            os.kill(int(sys.argv[2]), signal.SIGSTOP)
            def stopped(stat): return open(stat).read().rsplit(")", 1)[1].split()[0] == "T"
            while not all(map(stopped, glob.glob(f"/proc/{sys.argv[2]}/task/*/stat"))): time.sleep(0.001)
            s.sendall(b"g1\ng2\ng3"); s.close()
            os.kill(int(sys.argv[2]), signal.SIGCONT)
            """;
        var id = $"{server.Id}";
        await using var client = RunningProgram.Start(ForeignProgram.Python, "-c", Hasty, _folder["peer.sock"], id);
        await client.ExpectExitAsync(0);
        await server.ExpectAsync("Receive: g1", "Receive: g2", "Receive: g3", "client quit");
        await server.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_datagram_without_a_sender_address_is_printed_and_reported_and_the_next_one_is_answered()
    {
        await using var server = await StartAsync(Programs.DataServer);
        await using var nameless =
            RunningProgram.Start(ForeignProgram.Socat, "-u", "STDIN", $"UNIX-SENDTO:{_folder["peer.sock"]}");
        nameless.Type("g1");
        await server.ExpectAsync("Receive: g1");
        await server.ExpectErrorAsync("the sender has no address, so it cannot be answered");
        await using var client = RunningProgram.Start(Programs.DataClient, _folder["peer.sock"]);
        client.Type("g2");
        await client.ExpectAsync("now sending g2", "Hi, g2");
    }

    [Fact(Timeout = 180_000)]
    public async Task Datagram_clients_that_have_closed_or_do_not_read_do_not_delay_others()
    {
        await using var server = await StartAsync(Programs.DataServer);
        const string Flood = """
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(os.path.dirname(sys.argv[1]) + "/own.sock")
            for number in range(100):
                s.sendto(b"flood", sys.argv[1])
            g = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); g.bind(os.path.dirname(sys.argv[1]) + "/gone.sock")
            g.sendto(b"gone", sys.argv[1]); g.close()
            print("sent", flush=True); sys.stdin.read()
            """;
        await using var flood = RunningProgram.Start(ForeignProgram.Python, "-c", Flood, _folder["peer.sock"]);
        await flood.ExpectAsync("sent");
        await using var client = RunningProgram.Start(Programs.DataClient, _folder["peer.sock"]);
        client.Type("g1");
        await client.ExpectAsync("now sending g1", "Hi, g1");
        var complaint = await server.NextErrorAsync();
        Assert.Contains(_folder.Root, complaint, StringComparison.Ordinal);
    }

    private async Task<RunningProgram> StartAsync(string program)
    {
        var server = RunningProgram.Start(program, _folder["peer.sock"]);
        await SocketTable.WaitForServerAsync(_folder["peer.sock"]);
        return server;
    }

    private RunningProgram StartPeer(string tool, string netcat, string socat, string python)
    {
        var path = _folder["peer.sock"];
        if (tool == "python3")
            return RunningProgram.Start(ForeignProgram.Python, "-c", python, path);
        var program = tool == "nc" ? ForeignProgram.Netcat : ForeignProgram.Socat;
        var words = (tool == "nc" ? netcat : socat).Replace("{0}", path, StringComparison.Ordinal).Split(' ');
        return RunningProgram.Start(program, words[1..]);
    }
}
