namespace Samehost.Tool.Tests.Support;

/// <summary>A temporary directory of a test, in which remaining files and processes of the tool are detected.</summary>
public abstract class ToolFixture : IDisposable
{
    private const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _root = Directory.CreateTempSubdirectory("tooltest-").FullName;

    protected ToolFixture()
    {
        Temporary = Directory.CreateDirectory(Path.Join(_root, "t")).FullName;
        File.SetUnixFileMode(_root, Open);
        File.SetUnixFileMode(Temporary, Open | UnixFileMode.OtherWrite | UnixFileMode.StickyBit);
    }

    /// <summary>The tool's directory for temporary files.</summary>
    protected string Temporary { get; }

    /// <summary>The tool that was built with these tests, or a native one from the directory in SAMEHOST_TOOL.</summary>
    internal static string Tool { get; } = FindTool();

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected ToolRun Start(params string[] arguments) => new(Temporary, Tool, arguments);

    protected ToolRun StartProgram(string program, params string[] arguments) => new(Temporary, program, arguments);

    /// <summary>A path in the directory for temporary files.</summary>
    protected string At(string name) => Path.Join(Temporary, name);

    /// <summary>Starts <c>samehost serve</c> and waits until it logs that it serves.</summary>
    protected async Task<ToolRun> ServeAsync(params string[] arguments)
    {
        var server = Start(["serve", .. arguments]);
        await server.ReadErrorsUntilAsync("samehost: serving ");
        return server;
    }

    /// <summary>Runs <c>samehost connect</c> with this as its input.</summary>
    protected async Task<ToolResult> ConnectAsync(string input, params string[] arguments)
    {
        await using var client = Start(["connect", .. arguments]);
        var typing = TypeAsync(client, input); // while the output is read, to avoid a deadlock
        var result = await client.EndAsync();
        await typing;
        return result;
    }

    /// <summary>A shell in a pseudo-terminal, in the directory for temporary files, without colors by default.</summary>
    protected TerminalSession OpenTerminal(bool colored = false) => new(Temporary, colored ? "" : "NO_COLOR=1 ");

    protected async Task<ToolResult> RunAsync(params string[] arguments)
    {
        await using var run = Start(arguments);
        return await run.EndAsync();
    }

    /// <summary>The names of all commands, from the help.</summary>
    protected async Task<string[]> CommandsAsync() =>
        [.. (await RunAsync("--help")).Lines.SkipWhile(line => line != "Commands:").Skip(1).TakeWhile(line => line.Length > 0)
            .Where(line => line[2] != ' ').Select(line => line.TrimStart().Split(' ')[0])];

    protected string Write(string name, byte[] content)
    {
        var path = Path.Join(_root, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>A copy of the tool that every user may run, with some of its programs replaced by shell scripts.</summary>
    protected string CopyTool(params (string Program, string Script)[] replaced)
    {
        var source = Path.GetDirectoryName(Tool)!;
        var target = Path.Join(_root, "copy");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Join(target, Path.GetRelativePath(source, file));
            File.SetUnixFileMode(Directory.CreateDirectory(Path.GetDirectoryName(copy)!).FullName, Open);
            File.Copy(file, copy);
            File.SetUnixFileMode(copy, Open);
        }
        foreach (var (program, script) in replaced)
        {
            var path = Path.Join(target, "programs", program);
            File.Delete(path + ".dll");
            File.WriteAllText(path, "#!/bin/sh\n" + script);
            File.SetUnixFileMode(path, Open);
        }
        return Path.Join(target, Path.GetFileName(Tool));
    }

    /// <summary>Fails when the tool left a file, or a process whose working directory was below ours.</summary>
    protected void NothingIsLeft()
    {
        Assert.Empty(Directory.EnumerateFileSystemEntries(Temporary));
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc"), IsOurs);
    }

    private static async Task TypeAsync(ToolRun run, string input)
    {
        try
        {
            await run.Input.WriteAsync(System.Text.Encoding.UTF8.GetBytes(input), TestContext.Current.CancellationToken);
            run.Input.Close();
        }
        catch (IOException)
        {
            // It has exited.
        }
    }

    private bool IsOurs(string process)
    {
        try
        {
            return new FileInfo(Path.Join(process, "cwd")).LinkTarget?.StartsWith(Temporary + "/", StringComparison.Ordinal) ?? false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // it has just exited, or belongs to another user
        }
    }

    private static string FindTool()
    {
        if (Environment.GetEnvironmentVariable("SAMEHOST_TOOL") is { Length: > 0 } given)
            return Path.GetFullPath(Path.Join(given, "samehost"));

        // …/tests/Samehost.Tool.Tests/bin/CONFIGURATION/FRAMEWORK/ determines which build of the tool is tested.
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var configuration = framework.Parent!;
        var root = configuration.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Join(root, "src", "Samehost.Tool", "bin", configuration.Name, framework.Name, "samehost");
    }
}
