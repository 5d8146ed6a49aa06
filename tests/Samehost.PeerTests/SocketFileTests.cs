using System.Diagnostics;
using System.Net.Sockets;
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
    public async Task A_second_server_at_the_path_of_a_running_one_fails_without_effect(string serverName, string clientName, string answer)
    {
        await using var server = await StartAsync(serverName);
        await using var client = RunningProgram.Start(Programs.Find(clientName), _folder["server.sock"]);
        client.Type("g1");
        await client.ExpectAsync(answer);
        foreach (var other in (string[])["unixstreamserver", "unixdataserver"])
        {
            await using var second = RunningProgram.Start(Programs.Find(other), _folder["server.sock"]);
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
    public async Task A_server_starts_at_the_path_of_a_killed_one(string serverName, string clientName, string answer)
    {
        await using (var killed = await StartAsync(serverName))
        {
            killed.Signal(LibcSignal.SIGKILL);
            await killed.ExpectExitAsync(128 + LibcSignal.SIGKILL);
        }
        Assert.Equal(["server.sock"], _folder.Names);
        await using var server = await StartAsync(serverName);
        await using var client = RunningProgram.Start(Programs.Find(clientName), _folder["server.sock"]);
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
        foreach (var target in (string[])["file", "directory", "link", "dangling"])
        {
            await using var server = RunningProgram.Start(Programs.Find(name), _folder[target]);
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
    public async Task A_stopped_server_leaves_no_file_and_prints_nothing(string name, int signal)
    {
        await using var server = await StartAsync(name);
        Assert.Equal(["server.sock"], _folder.Names);
        server.Signal(signal);
        await server.ExpectExitAsync(128 + signal);
        Assert.Empty(_folder.Names);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("unixstreamserver")]
    [InlineData("unixstreamserver", "--keep")]
    [InlineData("unixdataserver")]
    public async Task Two_signals_within_five_milliseconds_count_as_one_and_leave_no_file(string name, params string[] options)
    {
        int[] signals = [LibcSignal.SIGTERM, LibcSignal.SIGINT, LibcSignal.SIGHUP, LibcSignal.SIGQUIT];
        for (var delay = 0; delay <= 5; delay++)
        {
            var first = signals[delay % signals.Length];
            var second = delay < 2 ? first : signals[(delay + 1) % signals.Length];
            await using var server = RunningProgram.Start(Programs.Find(name), [.. options, _folder["server.sock"]]);
            await SocketTable.WaitForServerAsync(_folder["server.sock"]);
            server.Signal(first);
            var start = Stopwatch.GetTimestamp();
            SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start).TotalMilliseconds >= delay); // a timer is not precise enough
            _ = LibcSignal.Kill(server.Id, second); // a native program may have exited
            Assert.Contains(await server.ExitStatusAsync(), (int[])[128 + first, 128 + second]); // delivered in either order
            Assert.Empty(_folder.Names);
        }
    }

    /// <summary>A server that is blocked in a write to a full pipe cannot return.</summary>
    [Fact(Timeout = 180_000)]
    public async Task A_server_that_is_blocked_in_a_write_deletes_its_file_and_exits_at_a_later_signal()
    {
        await using var server = RunningProgram.Start(
            "sh", "-c", "mkfifo \"$0\" && exec 9<>\"$0\" && rm \"$0\" && exec \"$@\" >&9", _folder["pipe"], // a pipe without a reader
            Programs.StreamServer, _folder["server.sock"]);
        await SocketTable.WaitForServerAsync(_folder["server.sock"]);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(_folder["server.sock"]));
        client.Send([.. Enumerable.Repeat((byte)'x', 300_000), (byte)'\n']);
        while (!Directory.EnumerateDirectories($"/proc/{server.Id}/task").Any(IsWriting))
            await Task.Delay(2, TestContext.Current.CancellationToken);
        server.Signal(LibcSignal.SIGTERM);
        while (_folder.Names.Length > 0)
            await Task.Delay(2, TestContext.Current.CancellationToken);
        Assert.False(server.HasExited);
        var ended = server.ExitStatusAsync();
        while (await Task.WhenAny(ended, Task.Delay(120, TestContext.Current.CancellationToken)) != ended)
            _ = LibcSignal.Kill(server.Id, LibcSignal.SIGTERM);
        Assert.Equal(128 + LibcSignal.SIGTERM, await ended);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_server_that_is_stopped_while_it_serves_leaves_no_file(bool keep)
    {
        string[] arguments = keep ? ["--keep", _folder["server.sock"]] : [_folder["server.sock"]];
        await using var server = RunningProgram.Start(Programs.StreamServer, arguments);
        await SocketTable.WaitForServerAsync(_folder["server.sock"]);
        await using var client = RunningProgram.Start(Programs.StreamClient, _folder["server.sock"]);
        client.Type("g1");
        await client.ExpectAsync("Hi, g1");
        server.Signal(LibcSignal.SIGTERM);
        Assert.Equal(143, await server.ExitStatusAsync());
        await client.ExpectExitAsync(1, "server terminated prematurely");
        Assert.Empty(_folder.Names);
    }

    /// <summary>Returns whether a thread waits in write(2) for space in a pipe.</summary>
    private static bool IsWriting(string task)
    {
        try
        {
            return File.ReadAllText(Path.Join(task, "wchan")).Contains("pipe_write", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it has exited
        }
    }

    private async Task<RunningProgram> StartAsync(string name)
    {
        var server = RunningProgram.Start(Programs.Find(name), _folder["server.sock"]);
        await SocketTable.WaitForServerAsync(_folder["server.sock"]);
        return server;
    }
}
