using Samehost.PeerTests.Support;

namespace Samehost.PeerTests;

/// <summary>The programs and simple C programs, in every combination.</summary>
public sealed class CPeerTests : IDisposable
{
    // The rest of a longer line that a C program does not clear would follow the shorter ones.
    private static readonly string[] StreamLines = ["hello wonderful world", "g2", "longer again than that", "x"];

    // A datagram of the client has no terminator, so a C server that never clears its buffer needs growing lines.
    private static readonly string[] DatagramLines = ["g1", "g2", "line three"];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(true, true, "padded")]
    [InlineData(true, false, "padded")]
    [InlineData(false, true, "padded")]
    [InlineData(false, false, "padded")]
    [InlineData(true, true, "once")]
    [InlineData(true, false, "once")]
    [InlineData(false, true, "once")]
    [InlineData(false, false, "once")]
    [InlineData(true, false, "stale")]
    [InlineData(false, true, "stale")]
    [InlineData(false, false, "stale")]
    public async Task Stream_programs_and_C_programs_exchange_lines(bool ourServer, bool ourClient, string habit)
    {
        var path = _folder["stream.sock"];
        await using var server = ourServer
            ? RunningProgram.Start(Programs.StreamServer, path)
            : RunningProgram.Start(CPeer.Find("streamserver"), path, habit);
        await SocketTable.WaitForServerAsync(path);
        await using var client = ourClient
            ? RunningProgram.Start(Programs.StreamClient, path)
            : RunningProgram.Start(CPeer.Find("streamclient"), path, habit);
        foreach (var line in StreamLines)
        {
            client.Type(line);
            await server.ExpectAsync($"Receive: {line}");
            await client.ExpectAsync($"Hi, {line}");
        }
        client.CloseInput();
        await client.ExpectExitAsync(0);
        await server.ExpectAsync("client quit");
        await server.ExpectExitAsync(0);
        Assert.Empty(_folder.Names);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true, true, "padded")]
    [InlineData(true, false, "padded")]
    [InlineData(false, true, "padded")]
    [InlineData(false, false, "padded")]
    [InlineData(true, true, "once")]
    [InlineData(true, false, "once")]
    [InlineData(false, true, "once")]
    [InlineData(false, false, "once")]
    [InlineData(true, false, "stale")]
    [InlineData(false, true, "stale")]
    [InlineData(false, false, "stale")]
    public async Task Datagram_programs_and_C_programs_exchange_lines(bool ourServer, bool ourClient, string habit)
    {
        var path = _folder["data.sock"];
        await using var server = ourServer
            ? RunningProgram.Start(Programs.DataServer, path)
            : RunningProgram.Start(CPeer.Find("dataserver"), path, habit);
        await SocketTable.WaitForServerAsync(path);
        await using var client = ourClient
            ? RunningProgram.Start(Programs.DataClient, path)
            : RunningProgram.Start(CPeer.Find("dataclient"), path, habit, _folder["client.sock"]);
        foreach (var line in DatagramLines)
        {
            client.Type(line);
            await client.ExpectAsync($"now sending {line}", $"Hi, {line}");
            await server.ExpectAsync($"Receive: {line}", $"now sending: Hi, {line}");
        }
        client.CloseInput();
        await client.ExpectExitAsync(0);
        Assert.Equal(["data.sock"], _folder.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_server_reports_a_killed_C_client_as_quit()
    {
        var path = _folder["stream.sock"];
        await using var server = RunningProgram.Start(Programs.StreamServer, path);
        await SocketTable.WaitForServerAsync(path);
        await using (var client = RunningProgram.Start(CPeer.Find("streamclient"), path, "padded"))
        {
            client.Type("g1");
            await client.ExpectAsync("Hi, g1");
        }
        await server.ExpectAsync("Receive: g1", "client quit");
        await server.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_client_detects_a_killed_C_server_while_it_waits_for_input()
    {
        var path = _folder["stream.sock"];
        var server = RunningProgram.Start(CPeer.Find("streamserver"), path, "once");
        await SocketTable.WaitForServerAsync(path);
        await using var client = RunningProgram.Start(Programs.StreamClient, path);
        client.Type("g1");
        await client.ExpectAsync("Hi, g1");
        await server.DisposeAsync();
        await client.ExpectExitAsync(1, "server terminated prematurely");
    }
}
