using System.Net.Sockets;
using System.Text;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Tool;

/// <summary><c>samehost relay</c> between programs of others.</summary>
public sealed class RelayPeerTests : IDisposable
{
    private const string WebServer = """
        import http.server, socketserver, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def answer(self, body):
                self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
            def do_GET(self): self.answer(b'{"ApiVersion":"1.44"}' if self.path == "/version" else b"x" * 3000000)
            def do_POST(self): self.answer(self.rfile.read(int(self.headers["Content-Length"])).upper())
            def address_string(self): return "local"
            def log_message(self, *a): pass
        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
        server = Server(sys.argv[1], Handler)
        print("ready", flush=True)
        server.serve_forever()
        """;

    private readonly TestFolder _folder = new();

    private string From => _folder["from.sock"];

    private string To => _folder["to.sock"];

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task HTTP_requests_of_a_Docker_client_are_relayed()
    {
        await using var server = RunningProgram.Start(ForeignProgram.Python, "-c", WebServer, To);
        await server.ExpectAsync("ready");
        var (relay, _) = await RelayAsync(From, To);
        await using var __ = relay;
        await using var curl = RunningProgram.Start(
            ForeignProgram.Curl, "-sS", "--unix-socket", From, "http://localhost/version", "--next", "-sS", "--unix-socket", From,
            "--data", "hello", "http://localhost/upper");
        await curl.ExpectAsync("{\"ApiVersion\":\"1.44\"}HELLO");
        await curl.ExpectExitAsync(0);
        await using var large = RunningProgram.Start(
            ForeignProgram.Curl, "-sS", "--unix-socket", From, "-o", "/dev/null", "-w", "%{http_code} %{size_download}",
            "http://localhost/large");
        await large.ExpectAsync("200 3000000");
        await large.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_socket_passed_by_systemd_is_relayed_and_its_file_stays()
    {
        await using var server = RunningProgram.Start(Programs.Tool, "serve", To, "--echo");
        await SocketTable.WaitForServerAsync(To);
        await using var relay = await SocketActivation.StartAsync(
            ["--fdname=front", "-l", From], Programs.Tool, "relay", "systemd:front", To);
        await using var client = RunningProgram.Start(Programs.Tool, "connect", From);
        client.Type("g1");
        await client.ExpectAsync("g1");
        client.CloseInput();
        await client.ExpectExitAsync(0);
        relay.Signal(15);
        Assert.Equal(0, await relay.ExitStatusAsync());
        Assert.True(File.Exists(From)); // the manager deletes it
    }

    [Fact(Timeout = 180_000)]
    public async Task An_X_client_reaches_a_local_display_over_TCP_and_the_graph_shows_the_relay()
    {
        await using var server = RunningProgram.Start(
            ForeignProgram.Xvfb, "-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "321x123x24");
        var path = $"/tmp/.X11-unix/X{await server.NextLineAsync()}";
        // Without permission to create that directory the server has the abstract name only.
        var (relay, where) = await RelayAsync("tcp:127.0.0.1:0", File.Exists(path) ? path : "@" + path);
        await using var _ = relay;
        var display = int.Parse(where.Split(':')[^1], null) - 6000; // the port of an X display
        await using var client = RunningProgram.Start(ForeignProgram.Xdpyinfo, "-display", $"127.0.0.1:{display}");
        var shown = new List<string>();
        while (await client.NextLineAsync() is { } line)
            shown.Add(line);
        await client.ExpectExitAsync(0);
        Assert.Contains(shown, line => line.Contains("321x123 pixels", StringComparison.Ordinal));

        // A client that stays connected is shown: the relay is connected to the display.
        using (var holding = new TcpClient("127.0.0.1", 6000 + display))
        {
            await holding.GetStream().WriteAsync("l\0\v\0\0\0\0\0\0\0\0\0"u8.ToArray(), TestContext.Current.CancellationToken);
            await holding.GetStream().ReadExactlyAsync(new byte[8], TestContext.Current.CancellationToken); // the greeting
            await using var list = RunningProgram.Start(Programs.Tool, "list", path, "--graph", "dot");
            var graph = new List<string>();
            while (await list.NextLineAsync() is { } line)
                graph.Add(line);
            await list.ExpectExitAsync(0);
            Assert.Contains(graph, line => line.Contains("Xvfb", StringComparison.Ordinal));
            Assert.Contains(graph, line => line.Contains("->", StringComparison.Ordinal) && line.Contains(path, StringComparison.Ordinal));
        }
        server.Signal(Interop.LibcSignal.SIGTERM);
        await server.ExitStatusAsync(); // it deletes its files
    }

    [Fact(Timeout = 180_000)]
    public async Task The_connections_of_a_killed_server_end_and_the_next_server_gets_the_next_one()
    {
        var stop = TestContext.Current.CancellationToken;
        var listen = $"UNIX-LISTEN:{To},fork,unlink-early";
        var first = RunningProgram.Start(ForeignProgram.Socat, listen, "PIPE");
        var (relay, _) = await RelayAsync(From, To, "--wait", "20s");
        await using var __ = relay;
        var buffer = new byte[100];
        using (var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await client.ConnectAsync(new UnixDomainSocketEndPoint(From), stop);
            await client.SendAsync("one"u8.ToArray(), stop);
            Assert.Equal("one", Encoding.ASCII.GetString(buffer, 0, await client.ReceiveAsync(buffer, stop)));
            await first.DisposeAsync(); // kills the server
            Assert.Equal(0, await client.ReceiveAsync(buffer, stop));
        }
        using var second = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await second.ConnectAsync(new UnixDomainSocketEndPoint(From), stop);
        await using var successor = RunningProgram.Start(ForeignProgram.Socat, listen, "PIPE");
        await second.SendAsync("two"u8.ToArray(), stop);
        Assert.Equal("two", Encoding.ASCII.GetString(buffer, 0, await second.ReceiveAsync(buffer, stop)));
    }

    /// <summary>Starts a relay, waits until it listens and returns its address.</summary>
    private static async Task<(RunningProgram Relay, string Address)> RelayAsync(string from, string to, params string[] options)
    {
        var relay = RunningProgram.Start(Programs.Tool, ["relay", from, to, .. options]);
        var line = (await relay.NextErrorAsync())!;
        Assert.StartsWith("samehost: relaying ", line, StringComparison.Ordinal);
        return (relay, line.Split(' ')[2]);
    }
}
