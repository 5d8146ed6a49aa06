using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Tool;

/// <summary><c>samehost serve</c> and <c>connect</c> in place of socat and nc.</summary>
public sealed class ToolAsPeerTests : IDisposable
{
    private static readonly string[] Lines = ["g1", "g2", "g3"];

    private readonly TestFolder _folder = new();

    private string Address => _folder["peer.sock"];

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Connect_exchanges_lines_with_the_stream_server()
    {
        await using var server = RunningProgram.Start(Programs.StreamServer, Address);
        await SocketTable.WaitForServerAsync(Address);
        await using var client = RunningProgram.Start(Programs.Tool, "connect", Address);
        foreach (var line in Lines)
        {
            client.Type(line);
            await server.ExpectAsync($"Receive: {line}");
            await client.ExpectAsync($"Hi, {line}");
        }
        client.CloseInput();
        await server.ExpectAsync("client quit");
        await server.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task Serve_answers_the_stream_client_with_a_program()
    {
        await using var server = await ServeAsync("--exec", "sed", "-u", "s/\\x0//g;s/^/Hi, /");
        await using var client = RunningProgram.Start(Programs.StreamClient, Address);
        foreach (var line in Lines)
        {
            client.Type(line);
            await client.ExpectAsync($"Hi, {line}");
        }
        client.CloseInput();
        await client.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task Connect_exchanges_datagrams_with_the_datagram_server()
    {
        await using var server = RunningProgram.Start(Programs.DataServer, Address);
        await SocketTable.WaitForServerAsync(Address);
        await using var client = RunningProgram.Start(Programs.Tool, "connect", "--type", "datagram", Address);
        foreach (var line in Lines)
        {
            client.Type(line);
            await server.ExpectAsync($"Receive: {line}", $"now sending: Hi, {line}");
            await client.ExpectAsync($"Hi, {line}");
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Serve_echoes_to_the_datagram_client()
    {
        await using var server = await ServeAsync("--type", "datagram", "--echo");
        await using var client = RunningProgram.Start(Programs.DataClient, Address);
        foreach (var line in Lines)
        {
            client.Type(line);
            await client.ExpectAsync($"now sending {line}", line);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Netcat_and_socat_are_served()
    {
        await using var server = await ServeAsync("--exec", "sed", "-u", "s/^/Hi, /");
        await using var netcat = RunningProgram.Start(ForeignProgram.Netcat, "-NU", Address);
        await using var socat = RunningProgram.Start(ForeignProgram.Socat, "STDIO", $"UNIX-CONNECT:{Address}");
        foreach (var client in (RunningProgram[])[netcat, socat])
        {
            foreach (var line in Lines)
            {
                client.Type(line);
                await client.ExpectAsync($"Hi, {line}");
            }
            client.CloseInput();
            await client.ExpectExitAsync(0);
        }
    }

    [Theory(Timeout = 180_000)]
    [InlineData("nc")]
    [InlineData("socat")]
    public async Task Connect_exchanges_lines_with_foreign_servers(string tool)
    {
        await using var server = tool == "nc"
            ? RunningProgram.Start(ForeignProgram.Netcat, "-NlU", Address)
            : RunningProgram.Start(ForeignProgram.Socat, $"UNIX-LISTEN:{Address}", "STDIO");
        await using var client = RunningProgram.Start(Programs.Tool, "connect", "--wait", "10s", Address);
        foreach (var line in Lines)
        {
            client.Type(line);
            await server.ExpectAsync(line);
            server.Type($"Hi, {line}");
            await client.ExpectAsync($"Hi, {line}");
        }
        client.CloseInput();
        server.CloseInput();
        await client.ExpectExitAsync(0);
        await server.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task Socat_exchanges_records()
    {
        await using var server = await ServeAsync("--type", "seqpacket", "--echo");
        await using var socat = RunningProgram.Start(ForeignProgram.Socat, "STDIO", $"UNIX-CONNECT:{Address},socktype=5");
        foreach (var line in Lines)
        {
            socat.Type(line);
            await socat.ExpectAsync(line);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task The_environment_of_the_program_has_the_credentials_of_Python()
    {
        await using var server = await ServeAsync(
            "--exec", "sh", "-c", "echo $PROTO $IPCREMOTEPID $IPCREMOTEEUID $IPCREMOTEEGID");
        const string Client = """
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            assert s.makefile().read() == f"IPC {os.getpid()} {os.geteuid()} {os.getegid()}\n"
            """;
        await using var python = RunningProgram.Start(ForeignProgram.Python, "-c", Client, Address);
        await python.ExpectExitAsync(0);
    }

    private async Task<RunningProgram> ServeAsync(params string[] arguments)
    {
        var server = RunningProgram.Start(Programs.Tool, ["serve", Address, .. arguments]);
        Assert.StartsWith("samehost: serving ", await server.NextErrorAsync(), StringComparison.Ordinal);
        return server;
    }
}
