using Samehost.Tests.Support;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.List;

/// <summary><c>samehost list</c> with the path of a socket file, which the socket itself has another name for.</summary>
[Collection(NonParallel.Name)]
public sealed class ListByFileTests : ListFixture
{
    [Theory(Timeout = Limit)]
    [InlineData("d/app.sock")]
    [InlineData("d/*.sock")]
    [InlineData("link.sock")]
    public async Task A_server_that_bound_a_relative_path_is_found_by_its_full_path(string pattern)
    {
        Directory.CreateDirectory(At("d"));
        File.CreateSymbolicLink(At("link.sock"), "d/app.sock");
        await using var server = StartProgram(
            "sh", "-c", $"cd {At("d")} && exec {ForeignProgram.Python} -c '{PythonServer}' app.sock");
        await server.ReadUntilAsync("ready");

        var result = await RunAsync("list", At(pattern));
        var us = $"python3({server.Id}) {Environment.UserName}";
        Assert.Equal(["stream", "listening", "0/8", "-", us, "./app.sock"], Cells(result.Lines[1]));
        Assert.Equal(2, result.Lines.Length);
        Assert.Contains("found by their file", result.Errors, StringComparison.Ordinal);
        // And as explain finds it.
        Assert.Contains($"({server.Id})", (await RunAsync("explain", At("d/app.sock"))).Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_in_another_mount_namespace_is_found_by_its_path_here()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: an ordinary user cannot mount");
        Directory.CreateDirectory(At("here"));
        Directory.CreateDirectory(At("there"));
        await using var server = StartProgram("unshare", "--mount", "sh", "-c",
            $"mount --bind {At("here")} {At("there")} && exec {ForeignProgram.Python} -c '{PythonServer}' {At("there/app.sock")}");
        await server.ReadUntilAsync("ready");

        var row = Cells((await RunAsync("list", At("here/app.sock"))).Lines[1]);
        Assert.Equal([$"python3({server.Id}) root", At("there/app.sock")], row[^2..]);
        var json = await JsonRowsAsync(At("here/app.sock"));
        Assert.Equal("listening", Assert.Single(json).GetProperty("state").GetString());
    }

    [Fact(Timeout = Limit)]
    public async Task A_stale_file_in_an_unusual_place_is_found_by_its_path()
    {
        var directory = Directory.CreateDirectory(At("a/b/c/d")).FullName;
        await LeaveBehindAsync("app.sock");
        File.Move(At("app.sock"), directory + "/app.sock");
        var result = await RunAsync("list", directory + "/app.sock");
        Assert.Equal("stale", Cells(result.Lines[1])[1]);
        Assert.DoesNotContain("no local socket matches", result.Errors, StringComparison.Ordinal);
    }

    private const string PythonServer =
        "import signal, socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(8); " +
        "print(\"ready\", flush=True); signal.pause()";
}
