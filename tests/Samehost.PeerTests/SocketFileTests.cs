using Samehost.PeerTests.Interop;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests;

public sealed class SocketFileTests : IDisposable
{
    private const string InUse = "bind failed: Address already in use (98)";
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData("unixstreamserver", "unixstreamclient", "Hi, g1")]
    [InlineData("unixdataserver", "unixdataclient", "now sending g1")]
    public async Task A_second_start_on_a_live_path_fails_and_disturbs_nothing(string serverName, string clientName, string answer)
    {
        await using RunningProgram server = await StartAsync(serverName);
        await using RunningProgram client = RunningProgram.Start(Programs.Find(clientName), _folder["server.sock"]);
        client.Type("g1");
        await client.ExpectAsync(answer);
        foreach (string other in (string[])["unixstreamserver", "unixdataserver"])
        {
            await using RunningProgram second = RunningProgram.Start(Programs.Find(other), _folder["server.sock"]);
            await second.ExpectExitAsync(1, InUse);
        }
        await server.ExpectAsync("Receive: g1");
        client.Type("g1");
        Assert.NotNull(await client.NextLineAsync());
        Assert.Equal(["server.sock"], _folder.Names);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("unixstreamserver", "unixstreamclient", "Hi, g1")]
    [InlineData("unixdataserver", "unixdataclient", "now sending g1")]
    public async Task A_start_on_the_path_of_a_killed_server_works_at_once(string serverName, string clientName, string answer)
    {
        await using (RunningProgram killed = await StartAsync(serverName))
        {
            killed.Signal(LibcSignal.SIGKILL);
            await killed.ExpectExitAsync(128 + LibcSignal.SIGKILL);
        }
        Assert.Equal(["server.sock"], _folder.Names);
        await using RunningProgram server = await StartAsync(serverName);
        await using RunningProgram client = RunningProgram.Start(Programs.Find(clientName), _folder["server.sock"]);
        client.Type("g1");
        await client.ExpectAsync(answer);
        await server.ExpectAsync("Receive: g1");
    }

    [Theory(Timeout = 180_000)]
    [InlineData("unixstreamserver")]
    [InlineData("unixdataserver")]
    public async Task A_regular_file_a_directory_and_a_symbolic_link_are_left_untouched(string name)
    {
        await File.WriteAllTextAsync(_folder["file"], "precious", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_folder["directory"]);
        File.CreateSymbolicLink(_folder["link"], _folder["file"]);
        File.CreateSymbolicLink(_folder["dangling"], _folder["nothing"]);
        foreach (string target in (string[])["file", "directory", "link", "dangling"])
        {
            await using RunningProgram server = RunningProgram.Start(Programs.Find(name), _folder[target]);
            await server.ExpectExitAsync(1, InUse);
        }
        Assert.Equal("precious", await File.ReadAllTextAsync(_folder["file"], TestContext.Current.CancellationToken));
        Assert.Equal(_folder["file"], new FileInfo(_folder["link"]).LinkTarget);
        Assert.Equal(["dangling", "directory", "file", "link"], _folder.Names);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("unixstreamserver", LibcSignal.SIGINT)]
    [InlineData("unixstreamserver", LibcSignal.SIGTERM)]
    [InlineData("unixdataserver", LibcSignal.SIGINT)]
    [InlineData("unixdataserver", LibcSignal.SIGTERM)]
    public async Task A_stopped_server_leaves_no_file_and_says_nothing(string name, int signal)
    {
        await using RunningProgram server = await StartAsync(name);
        Assert.Equal(["server.sock"], _folder.Names);
        server.Signal(signal);
        await server.ExpectExitAsync(128 + signal);
        Assert.Empty(_folder.Names);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_server_stopped_in_the_middle_of_a_conversation_leaves_no_file(bool keep)
    {
        string[] arguments = keep ? ["--keep", _folder["server.sock"]] : [_folder["server.sock"]];
        await using RunningProgram server = RunningProgram.Start(Programs.StreamServer, arguments);
        await SocketTable.WaitForServerAsync(_folder["server.sock"]);
        await using RunningProgram client = RunningProgram.Start(Programs.StreamClient, _folder["server.sock"]);
        client.Type("g1");
        await client.ExpectAsync("Hi, g1");
        server.Signal(LibcSignal.SIGTERM);
        Assert.Equal(143, await server.ExitStatusAsync());
        await client.ExpectExitAsync(1, "server terminated prematurely");
        Assert.Empty(_folder.Names);
    }

    private async Task<RunningProgram> StartAsync(string name)
    {
        RunningProgram server = RunningProgram.Start(Programs.Find(name), _folder["server.sock"]);
        await SocketTable.WaitForServerAsync(_folder["server.sock"]);
        return server;
    }
}
