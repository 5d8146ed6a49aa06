using System.Net.Sockets;
using System.Text.Json;
using Samehost.Tests.Support;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.List;

/// <summary><c>samehost list</c> with other programs at the other end, in other namespaces or with unusual names.</summary>
[Collection(NonParallel.Name)]
public sealed class ListForeignProgramTests : ListFixture
{
    private const string Server = """
        import socket, sys
        open('/proc/self/comm', 'w').write(sys.argv[2])
        server = socket.socket(socket.AF_UNIX)
        server.bind(sys.argv[1])
        server.listen(3)
        print('ready', flush=True)
        sys.stdin.read()
        """;

    [Fact(Timeout = Limit)]
    public async Task A_client_that_waits_at_a_program_is_served_by_it()
    {
        await using var server = await ServeAsync("odd one");
        using var client = Connect("a");
        var rows = await JsonRowsAsync("--process", "odd one", At("a"));
        Assert.Equal(["listening", "waiting"], rows.Select(row => row.GetProperty("state").GetString()));
        var row = (await RowsAsync())[1];
        Assert.Equal(["stream", "waiting", "0", Us], row[..4]);
        Assert.StartsWith("odd one(", row[4], StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("sshd(1) root, x", "\"sshd(1) root, x\"(")]
    [InlineData("a  b", "\"a \\x20b\"(")]
    [InlineData("a\"b", "\"a\\x22b\"(")]
    public async Task The_name_of_a_program_cannot_look_like_two_or_reach_the_next_column(string name, string shown)
    {
        await using var server = await ServeAsync(name);
        var row = Assert.Single(await RowsAsync());
        Assert.Equal(["stream", "listening", "0/3", "-"], row[..4]);
        Assert.StartsWith(shown, row[4], StringComparison.Ordinal);
        Assert.Equal(At("a"), row[5]);
        var explained = (await RunAsync("explain", At("a"))).Output.Replace("\n         ", " ", StringComparison.Ordinal);
        Assert.Contains(shown[..^1] + " (", explained, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_waits_in_another_network_namespace_is_not_hung_up()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: a network namespace is to be made");
        await using var server = await ServeAsync("elsewhere", "unshare", "--net");
        using var client = Connect("a");
        var row = Assert.Single(await JsonRowsAsync("--process", $"{Environment.ProcessId}"), IsOf(client));
        Assert.Equal("waiting", row.GetProperty("state").GetString());
        var result = await RunAsync("list", "--process", $"{Environment.ProcessId}");
        Assert.Contains(result.Lines, line => Cells(line) is ["stream", "waiting", "0", _, "(another namespace)", "-"]);

        server.Input.Close(); // which ends the server and the connection
        await server.EndAsync();
        row = Assert.Single(await JsonRowsAsync("--process", $"{Environment.ProcessId}"), IsOf(client));
        Assert.Equal("hung-up", row.GetProperty("state").GetString());
    }

    [Fact(Timeout = Limit)]
    public async Task An_ordinary_user_gets_what_is_unknown_about_a_server_in_another_network_namespace()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: a network namespace is to be made");
        var copy = CopyTool();
        await using var server = await ServeAsync("elsewhere", "unshare", "--net");
        File.SetUnixFileMode(At("a"), (UnixFileMode)0b110_110_110);
        await using var run = StartProgram(ForeignProgram.SetPriv, "--reuid=65534", "--regid=65534", "--clear-groups",
            "env", $"DOTNET_ROOT={ToolRun.RuntimeRoot}", copy, "explain", At("a"));
        var result = await run.EndAsync();

        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains("connect would work", result.Output, StringComparison.Ordinal);
        Assert.Contains("How full its backlog is can be seen from there", result.Output, StringComparison.Ordinal);
    }

    private async Task<ToolRun> ServeAsync(string name, params string[] prefix)
    {
        string[] command = [.. prefix, ForeignProgram.Python, "-c", Server, At("a"), name];
        var server = StartProgram(command[0], command[1..]);
        await server.ReadUntilAsync("ready");
        return server;
    }

    private static Predicate<JsonElement> IsOf(Socket socket)
    {
        var link = new FileInfo($"/proc/self/fd/{socket.Handle}").LinkTarget!;
        return row => row.TryGetProperty("client", out var client) && link == $"socket:[{client.GetProperty("inode").GetInt64()}]";
    }
}
