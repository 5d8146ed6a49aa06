using System.Globalization;
using Samehost.PeerTests.Interop;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests;

public sealed class OutputTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_server_whose_output_pipe_is_closed_exits_without_a_message(bool keep)
    {
        var path = _folder["stream.sock"];
        await using var server = RunningProgram.Start(Programs.StreamServer, keep ? ["--keep", path] : [path]);
        await SocketTable.WaitForServerAsync(path);
        await using var client = RunningProgram.Start(Programs.StreamClient, path);
        client.Type("g1");
        await server.ExpectAsync("Receive: g1");
        server.CloseOutput();
        client.Type("g2");
        Assert.Equal(141, await server.ExitStatusAsync());
        Assert.Null(await server.NextErrorAsync());
        Assert.Empty(_folder.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task Control_characters_of_a_client_are_escaped_on_the_terminal_of_the_server()
    {
        var path = _folder["stream.sock"];
        await using var server = RunningProgram.Start("script", "-qec", $"{Programs.StreamServer} {path}", "/dev/null");
        await SocketTable.WaitForServerAsync(path);
        using var client = UnixStream.Connect(UnixEndPoint.FromPath(path));
        client.Write("\e]0;owned\a\u009b2J\u202e\u00e9\tend\n"u8);
        var line = await server.NextLineAsync(); // one character for each byte
        Assert.Equal("Receive: \\x1b]0;owned\\x07\\xc2\\x9b2J\\xe2\\x80\\xae\u00c3\u00a9\tend", line?.TrimEnd('\r'));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_datagram_server_piped_into_head_exits_without_a_message()
    {
        var path = _folder["data.sock"];
        var command = $"{Programs.DataServer} {path} | head -n 1";
        await using var server = RunningProgram.Start("sh", "-c", command);
        await SocketTable.WaitForServerAsync(path);
        await using var client = RunningProgram.Start(Programs.DataClient, path);
        client.Type("g1");
        await server.ExpectAsync("Receive: g1");
        await client.ExpectAsync("now sending g1");
        client.Type("g2");
        await server.ExpectExitAsync(0);
        Assert.Empty(_folder.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_without_standard_output_does_not_write_its_output_to_the_client()
    {
        var path = _folder["stream.sock"];
        await using var server = RunningProgram.Start("sh", "-c", $"exec {Programs.StreamServer} {path} >&- 2>&-");
        await SocketTable.WaitForServerAsync(path);
        await using var client = RunningProgram.Start(Programs.StreamClient, path);
        client.Type("g1");
        Assert.Equal(1, await server.ExitStatusAsync());
        Assert.Null(await client.NextLineAsync());
        Assert.Empty(_folder.Names);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("unixstreamserver", "unixstreamclient")]
    [InlineData("unixdataserver", "unixdataclient")]
    public async Task Servers_and_clients_report_a_full_device_in_one_line(string serverName, string clientName)
    {
        var path = _folder["server.sock"];
        const string Full = "write failed: No space left on device (28)";
        await using var server = RunningProgram.Start("sh", "-c", $"exec {Programs.Find(serverName)} {path} > /dev/full");
        await SocketTable.WaitForServerAsync(path);
        await using var client = RunningProgram.Start(Programs.Find(clientName), path);
        client.Type("g1");
        await server.ExpectExitAsync(1, Full);
        Assert.Empty(_folder.Names);

        await using var healthy = RunningProgram.Start(Programs.Find(serverName), path);
        await SocketTable.WaitForServerAsync(path);
        await using var fullClient = RunningProgram.Start("sh", "-c", $"exec {Programs.Find(clientName)} {path} > /dev/full");
        fullClient.Type("g1");
        await fullClient.ExpectExitAsync(1, Full);
    }

    [Fact(Timeout = 180_000)]
    public async Task Programs_that_share_a_redirected_file_do_not_overwrite_each_other()
    {
        var path = _folder["stream.sock"];
        await using var server = RunningProgram.Start(Programs.StreamServer, path);
        await SocketTable.WaitForServerAsync(path);
        var command = $"(echo before; echo g1 | {Programs.StreamClient} {path}; echo after) > {_folder["log"]}";
        await using var shell = RunningProgram.Start("sh", "-c", command);
        await shell.ExpectExitAsync(0);
        var log = await File.ReadAllTextAsync(_folder["log"], TestContext.Current.CancellationToken);
        Assert.Equal("before\nHi, g1\nafter\n", log);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_waits_for_the_reader_of_its_output_can_be_stopped_and_leaves_no_file()
    {
        var path = _folder["stream.sock"];
        var serve = $"echo $$ > {_folder["id"]}; exec {Programs.StreamServer} {path}";
        var command = $"sh -c '{serve}' | (head -c 100000 > {_folder["some"]}; echo enough >&2; exec sleep 1000)";
        await using var shell = RunningProgram.Start("sh", "-c", command);
        await SocketTable.WaitForServerAsync(path);
        await using var client = RunningProgram.Start(Programs.StreamClient, path);
        client.Type(new string('x', 900_000)); // more than a pipe holds by default
        await shell.ExpectErrorAsync("enough");
        var id = await File.ReadAllTextAsync(_folder["id"], TestContext.Current.CancellationToken);
        Assert.Equal(0, LibcSignal.Kill(int.Parse(id, CultureInfo.InvariantCulture), LibcSignal.SIGTERM));
        await client.ExpectExitAsync(1, "server terminated prematurely");
        Assert.Equal(["id", "some"], _folder.Names);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("")]
    [InlineData("\xff\xfe caf\xe9 \x80")]
    [InlineData("\t\x1b[1m\x7f")]
    public async Task Bytes_are_sent_and_printed_unchanged(string line)
    {
        var path = _folder["stream.sock"];
        await using var server = RunningProgram.Start(Programs.StreamServer, path);
        await SocketTable.WaitForServerAsync(path);
        await using var client = RunningProgram.Start(Programs.StreamClient, path);
        client.Type(line);
        await client.ExpectAsync($"Hi, {line}".TrimEnd());
        await server.ExpectAsync($"Receive: {line}".TrimEnd());
        client.WriteInput("no newline at the end");
        client.CloseInput();
        await client.ExpectAsync("Hi, no newline at the end");
        await client.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_line_of_100_kilobytes_is_one_message()
    {
        var path = _folder["stream.sock"];
        string line = new('x', 100_000);
        await using var server = RunningProgram.Start(Programs.StreamServer, path);
        await SocketTable.WaitForServerAsync(path);
        await using var client = RunningProgram.Start(Programs.StreamClient, path);
        client.Type(line);
        await client.ExpectAsync($"Hi, {line}");
        await server.ExpectAsync($"Receive: {line}");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_line_of_one_MiB_is_accepted_and_a_longer_one_ends_its_connection_only()
    {
        var path = _folder["stream.sock"];
        string line = new('x', 1024 * 1024);
        await using var server = RunningProgram.Start(Programs.StreamServer, "--keep", path);
        await SocketTable.WaitForServerAsync(path);
        await using var client = RunningProgram.Start(Programs.StreamClient, path);
        client.Type(line);
        await client.ExpectAsync($"Hi, {line}");
        await using var tooLong = RunningProgram.Start(ForeignProgram.Netcat, "-U", path);
        tooLong.WriteInput(line + "x");
        await server.ExpectErrorAsync("a message is longer than 1,048,576 bytes");
        client.Type("g1");
        await client.ExpectAsync("Hi, g1");
    }
}
