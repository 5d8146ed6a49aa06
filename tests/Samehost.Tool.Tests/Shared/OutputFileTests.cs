using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Shared;

/// <summary>
/// A command writes to a new file or a regular one of its user: anything else at the path was put there by mistake, or by another user who
/// wants to read the output.
/// </summary>
public sealed class OutputFileTests : ToolFixture
{
    private const string Content = "precious";

    private static readonly string[] Recording = ["relay", "FROM", "/nowhere/to.sock", "--record", "FILE"];
    private static readonly string[] Chart = ["bench", "--rounds", "1", "--time", "1ms", "--svg", "FILE"];

    public static TheoryData<string[], string> Commands => new() { { Recording, "recording" }, { Chart, "chart" } };

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Commands))]
    public async Task A_link_is_not_followed(string[] command, string what)
    {
        File.WriteAllText(At("target"), Content);
        File.CreateSymbolicLink(At("link"), At("target"));
        File.CreateSymbolicLink(At("dangling"), At("missing"));
        await IsRefusedAsync(command, what, "link", "is a symbolic link, which is not followed");
        await IsRefusedAsync(command, what, "dangling", "is a symbolic link, which is not followed");
        Assert.Equal(Content, File.ReadAllText(At("target")));
        Assert.False(File.Exists(At("missing")));
    }

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Commands))]
    public async Task A_file_with_another_hard_link_is_not_changed(string[] command, string what)
    {
        File.WriteAllText(At("target"), Content);
        await using (var ln = StartProgram("ln", At("target"), At("second")))
            Assert.Equal(0, (await ln.EndAsync()).Status);
        await IsRefusedAsync(command, what, "second", "has another name as well (a hard link)");
        Assert.Equal(Content, File.ReadAllText(At("target")));
    }

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Commands))]
    public async Task A_named_pipe_is_not_written_to_whether_it_is_read_or_not(string[] command, string what)
    {
        await using (var make = StartProgram("mkfifo", At("pipe")))
            Assert.Equal(0, (await make.EndAsync()).Status);
        await IsRefusedAsync(command, what, "pipe", "is a named pipe, not an ordinary file");
        await using var reader = StartProgram("sh", "-c", "echo ready; exec cat \"$0\"", At("pipe"));
        await reader.ReadUntilAsync("ready\n");
        await IsRefusedAsync(command, what, "pipe", "is a named pipe, not an ordinary file");
        await File.WriteAllTextAsync(At("pipe"), "the first that it reads", TestContext.Current.CancellationToken);
        Assert.Equal("ready\nthe first that it reads", (await reader.EndAsync()).Output);
    }

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Commands))]
    public async Task A_device_and_a_socket_are_not_written_to(string[] command, string what)
    {
        using var socket = LocalPeer.Listen(At("socket"));
        await IsRefusedAsync(command, what, "socket", "is a socket, not an ordinary file");
        await IsRefusedAsync(command, what, "/dev/null", "is a device, not an ordinary file");
    }

    /// <summary>Mode 0600 does not help here: the owner can read it.</summary>
    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Commands))]
    public async Task A_file_of_another_user_is_not_changed_even_by_root(string[] command, string what)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: only root can start a program as another user");
        await using (var make = StartProgram(
            ForeignProgram.SetPriv, "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c",
            "printf %s \"$1\" > \"$0/file\" && mkfifo \"$0/pipe\"", Temporary, Content))
        {
            Assert.Equal(0, (await make.EndAsync()).Status);
        }
        await IsRefusedAsync(command, what, "file", "is another user's");
        await IsRefusedAsync(command, what, "pipe", "is a named pipe, not an ordinary file");
        Assert.Equal(Content, File.ReadAllText(At("file")));
        Assert.Equal(Convert.ToInt32("644", 8), (int)File.GetUnixFileMode(At("file")) | Convert.ToInt32("044", 8));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_new_chart_is_private_to_its_user()
    {
        string[] command = [.. Chart[..^1], At("new.svg")];
        Assert.Equal(0, (await RunAsync(command)).Status);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("new.svg")));
    }

    private async Task IsRefusedAsync(string[] command, string what, string file, string problem)
    {
        var path = Path.IsPathRooted(file) ? file : At(file);
        string[] arguments = [.. command.Select(word => word switch { "FILE" => path, "FROM" => At("from.sock"), _ => word })];
        await using var run = StartProgram("timeout", ["60", Tool, .. arguments]);
        var result = await run.EndAsync();
        var made = what == "chart" ? "written" : "made";
        Assert.Equal(1, result.Status);
        Assert.StartsWith($"samehost: the {what} cannot be {made}: {path} {problem}\n", result.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(At("from.sock")));
    }
}
