using Samehost.PeerTests.Interop;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests;

public sealed class DatagramTranscriptTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestFolder _temporary = new();

    public void Dispose()
    {
        _folder.Dispose();
        _temporary.Dispose();
    }

    [Fact(Timeout = 180_000)]
    public async Task The_output_through_pipes_is_that_of_the_lesson()
    {
        await using var server = await StartServerAsync();
        await using var client = StartClient();
        foreach (var line in (string[])["g1", "g2", "g3"])
        {
            client.Type(line);
            await client.ExpectAsync($"now sending {line}", $"Hi, {line}");
            await server.ExpectAsync($"Receive: {line}", $"now sending: Hi, {line}");
        }
        client.CloseInput();
        await client.ExpectExitAsync(0);
        Assert.Empty(_temporary.Names);
        server.Signal(LibcSignal.SIGTERM);
        await server.ExpectExitAsync(143);
        Assert.Empty(_folder.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_output_in_terminals_is_that_of_the_lesson_including_control_C()
    {
        await using var server =
            RunningProgram.Start(ForeignProgram.Script, "-qefc", $"{Programs.DataServer} {_folder["data.sock"]}", "/dev/null");
        await SocketTable.WaitForServerAsync(_folder["data.sock"]);
        var command = $"TMPDIR={_temporary.Root} exec {Programs.DataClient} {_folder["data.sock"]}";
        await using var client = RunningProgram.Start(ForeignProgram.Script, "-qefc", command, "/dev/null");
        foreach (var line in (string[])["g1", "g2", "g3"])
        {
            client.Type(line);
            await client.ExpectAsync(line, $"now sending {line}", $"Hi, {line}");
            await server.ExpectAsync($"Receive: {line}", $"now sending: Hi, {line}");
        }
        foreach (var program in (RunningProgram[])[client, server])
        {
            program.WriteInput("\x03");
            await program.ExpectAsync("^C");
            await program.ExpectExitAsync(130);
        }
        Assert.Empty(_temporary.Names);
        Assert.Empty(_folder.Names);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(LibcSignal.SIGINT, 130)]
    [InlineData(LibcSignal.SIGTERM, 143)]
    public async Task A_stopped_client_leaves_no_file(int signal, int status)
    {
        await using var server = await StartServerAsync();
        await using var client = StartClient();
        client.Type("g1");
        await client.ExpectAsync("now sending g1", "Hi, g1");
        var directory = Path.Join(_temporary.Root, _temporary.Names.Single(IsOurs));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        client.Signal(signal);
        await client.ExpectExitAsync(status);
        Assert.Empty(_temporary.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task Without_a_server_the_client_reports_an_error_and_leaves_no_file()
    {
        await using var client = StartClient();
        await client.ExpectExitAsync(1, "connect failed: No such file or directory (2)");
        Assert.Empty(_temporary.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_client_reports_a_server_that_is_killed_before_it_answers()
    {
        await using var server = await StartServerAsync();
        await using var client = StartClient();
        server.Signal(LibcSignal.SIGSTOP);
        client.Type("g1");
        await client.ExpectAsync("now sending g1");
        server.Signal(LibcSignal.SIGKILL);
        await client.ExpectExitAsync(1, "server terminated prematurely");
        Assert.Empty(_temporary.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_line_of_100_kilobytes_is_sent_in_one_datagram()
    {
        string line = new('x', 100_000);
        await using var server = await StartServerAsync();
        await using var client = StartClient();
        client.Type(line);
        await client.ExpectAsync($"now sending {line}", $"Hi, {line}");
    }

    [Fact(Timeout = 180_000)]
    public async Task An_empty_line_and_bytes_that_are_not_UTF8_are_answered()
    {
        await using var server = await StartServerAsync();
        await using var client = StartClient();
        client.Type("");
        await client.ExpectAsync("now sending", "Hi,");
        client.Type("\xff\xfe\x80");
        await client.ExpectAsync("now sending \xff\xfe\x80", "Hi, \xff\xfe\x80");
        await server.ExpectAsync("Receive:", "now sending: Hi,", "Receive: \xff\xfe\x80", "now sending: Hi, \xff\xfe\x80");
    }

    // The runtime has files of its own in the directory while the program runs.
    private static bool IsOurs(string name) => name.StartsWith("unixdataclient-", StringComparison.Ordinal);

    private RunningProgram StartClient() =>
        RunningProgram.Start("env", $"TMPDIR={_temporary.Root}", Programs.DataClient, _folder["data.sock"]);

    private async Task<RunningProgram> StartServerAsync()
    {
        var server = RunningProgram.Start(Programs.DataServer, _folder["data.sock"]);
        await SocketTable.WaitForServerAsync(_folder["data.sock"]);
        return server;
    }
}
