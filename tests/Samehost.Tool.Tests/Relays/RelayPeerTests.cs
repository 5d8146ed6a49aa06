using System.Net;
using System.Net.Sockets;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Relays;

/// <summary>Between programs that we did not write.</summary>
public sealed class RelayPeerTests : RelayFixture
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

    [Fact(Timeout = 60_000)]
    public async Task Http_as_docker_speaks_it_passes_through()
    {
        await using ToolRun server = StartProgram(ForeignProgram.Python, "-c", WebServer, ToPath);
        await server.ReadUntilAsync("ready\n");
        var (run, _) = await RelayAsync(FromPath, Local(ToPath));
        await using ToolRun __ = run;
        await using ToolRun curl = StartProgram(
            ForeignProgram.Curl, "-sS", "--unix-socket", FromPath, "http://localhost/version", "--next", "-sS", "--unix-socket", FromPath,
            "--data", "hello", "http://localhost/upper");
        Assert.Equal(new ToolResult(0, "{\"ApiVersion\":\"1.44\"}HELLO", ""), await curl.EndAsync());
        await using ToolRun large = StartProgram(
            ForeignProgram.Curl, "-sS", "--unix-socket", FromPath, "-o", "/dev/null", "-w", "%{http_code} %{size_download}",
            "http://localhost/large");
        Assert.Equal(new ToolResult(0, "200 3000000", ""), await large.EndAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_x_client_reaches_a_local_display_over_tcp()
    {
        await using ToolRun server = StartProgram(
            ForeignProgram.Xvfb, "-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "321x123x24");
        string display = (await server.ReadUntilAsync("\n")).Trim();
        // A user who may not make that directory has the abstract name only.
        string path = $"/tmp/.X11-unix/X{display}";
        EndPoint local = File.Exists(path) ? Local(path) : Local("@" + path);
        var (run, address) = await RelayAsync("tcp:127.0.0.1:0", local);
        await using ToolRun _ = run;
        int number = ((IPEndPoint)address).Port - 6000; // which is how X clients find a port
        await using ToolRun client = StartProgram(ForeignProgram.Xdpyinfo, "-display", $"127.0.0.1:{number}");
        ToolResult result = await client.EndAsync();
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains("321x123 pixels", result.Output, StringComparison.Ordinal);
        server.Terminate();
        await server.EndAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_is_killed_ends_its_connections_and_its_successor_gets_the_next()
    {
        const string Echo = "UNIX-LISTEN:{0},fork,unlink-early";
        ToolRun first = StartProgram(ForeignProgram.Socat, string.Format(null, Echo, ToPath), "PIPE");
        var (run, address) = await RelayAsync(FromPath, Local(ToPath), "--wait", "20s");
        await using ToolRun _ = run;
        using (Socket client = await ConnectAsync(address))
        {
            await client.SendAsync("one"u8.ToArray(), Stop);
            Assert.Equal("one", await ReceiveTextAsync(client));
            await first.DisposeAsync(); // kills it
            Assert.Empty(await ReceiveAllAsync(client));
        }
        using Socket second = await ConnectAsync(address);
        await using ToolRun successor = StartProgram(ForeignProgram.Socat, string.Format(null, Echo, ToPath), "PIPE");
        await second.SendAsync("two"u8.ToArray(), Stop);
        Assert.Equal("two", await ReceiveTextAsync(second));
    }
}
