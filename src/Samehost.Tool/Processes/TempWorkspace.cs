using System.Text;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Processes;

/// <summary>A private temporary directory and the programs started in it. Disposing kills the programs and deletes the directory.</summary>
internal sealed class TempWorkspace : IAsyncDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Traversable = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The longest parent directory: a socket path has 107 bytes, and programs create directories of their own in it.</summary>
    private const int LongestRoot = 50;

    private readonly List<InteractiveProcess> _started = [];
    private bool _isDisposed;

    /// <summary>The path of the directory, which has mode 0700 and a random name.</summary>
    public string Root { get; } = Directory.CreateDirectory(NewName(), Private).FullName;

    public string PathOf(string name) => Path.Join(Root, name);

    /// <summary>Starts one of the four programs with the directory as its working directory.</summary>
    public InteractiveProcess Start(string program, params string[] arguments) => Launch(ProgramFinder.Find(program), program, arguments);

    /// <summary>Starts one of the four programs as another user; needs root.</summary>
    public InteractiveProcess StartAs(int user, string program, params string[] arguments)
    {
        string[] other = ["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups"];
        return Launch([.. other, .. ProgramFinder.Find(program)], program, arguments);
    }

    /// <summary>Lets other users traverse the directory until the result is disposed.</summary>
    public IDisposable AllowTraversal()
    {
        File.SetUnixFileMode(Root, Private | Traversable);
        return new Undo(() => File.SetUnixFileMode(Root, Private));
    }

    public async ValueTask DisposeAsync()
    {
        InteractiveProcess[] started;
        lock (_started)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            started = [.. _started];
        }
        foreach (var process in started)
            process.Kill();
        foreach (var process in started)
            await process.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Kills the programs and deletes the directory, without waiting for the command.</summary>
    public void KillAndDelete()
    {
        lock (_started)
        {
            _isDisposed = true;
            foreach (var process in _started)
                process.Kill();
        }
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (IOException)
        {
            // a program created a file as it was killed, or the directory is deleted already
        }
    }

    private InteractiveProcess Launch(string[] program, string name, string[] arguments)
    {
        lock (_started)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var process = new InteractiveProcess(name, [.. program, .. arguments], Root);
            _started.Add(process);
            return process;
        }
    }

    private static string NewName()
    {
        var parent = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.GetTempPath()));
        if (!Directory.Exists(parent) || Encoding.UTF8.GetByteCount(parent) > LongestRoot)
            parent = "/tmp";
        if (!Directory.Exists(parent))
            throw new ToolException("there is no directory for temporary files: set TMPDIR");
        return Path.Join(parent, "samehost-tour-" + Path.GetFileNameWithoutExtension(Path.GetRandomFileName()));
    }

    private sealed class Undo(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}

/// <summary>Finds the four programs in <c>programs/</c> beside the tool: assemblies, or native executables beside a native tool.</summary>
internal static class ProgramFinder
{
    /// <summary>Gets the command that starts a program.</summary>
    public static string[] Find(string name)
    {
        var directory = Path.Join(AppContext.BaseDirectory, "programs");
        var executable = Path.Join(directory, name);

        // A package contains assemblies only, for every architecture, which run on the runtime of the tool.
        if (File.Exists(executable + ".dll") && FindDotnetHost() is { } host)
            return [host, executable + ".dll"];
        return File.Exists(executable) ? [executable]
            : throw new ToolException($"{name} is missing in {directory}: build or install samehost again");
    }

    /// <summary>Gets the <c>dotnet</c> host of the current runtime; null when the tool is self-contained.</summary>
    private static string? FindDotnetHost()
    {
        // ROOT/shared/Microsoft.NETCore.App/VERSION/Microsoft.NETCore.App.deps.json
        if (AppContext.GetData("FX_DEPS_FILE") is not string framework)
            return null;
        var host = Path.GetFullPath(Path.Join(Path.GetDirectoryName(framework), "../../../dotnet"));
        return File.Exists(host) ? host : null;
    }
}
