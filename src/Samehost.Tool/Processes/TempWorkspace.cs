using System.Text;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Processes;

/// <summary>A private directory and the programs that were started in it. Disposing ends the programs and removes the directory.</summary>
internal sealed class TempWorkspace : IAsyncDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>What is left of a socket path's 107 bytes for the directory; programs make directories of their own below it.</summary>
    private const int LongestRoot = 50;

    private readonly List<InteractiveProcess> _started = [];
    private bool _isDisposed;

    /// <summary>The directory, of mode 0700 and with a name that nobody could guess.</summary>
    public string Root { get; } = Directory.CreateDirectory(NewName(), Private).FullName;

    public string PathOf(string name) => Path.Join(Root, name);

    /// <summary>Starts one of the four programs here; names of sockets count from the directory.</summary>
    public InteractiveProcess Start(string program, params string[] arguments) => Launch(ProgramFinder.Find(program), program, arguments);

    /// <summary>Starts one of the four programs as a user who owns nothing, which only root can.</summary>
    public InteractiveProcess StartAs(int user, string program, params string[] arguments)
    {
        string[] other = ["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups"];
        return Launch([.. other, .. ProgramFinder.Find(program)], program, arguments);
    }

    /// <summary>Lets others pass through the directory to what its files allow them, until the result is disposed.</summary>
    public IDisposable LetOthersPass()
    {
        File.SetUnixFileMode(Root, Private | Passable);
        return new Reversal(() => File.SetUnixFileMode(Root, Private));
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
        foreach (InteractiveProcess process in started)
            process.Kill();
        foreach (InteractiveProcess process in started)
            await process.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Ends the programs and removes the directory, without waiting for what the command does meanwhile.</summary>
    public void Abandon()
    {
        lock (_started)
        {
            _isDisposed = true;
            foreach (InteractiveProcess process in _started)
                process.Kill();
        }
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (IOException)
        {
            // a program made a file as it was ended, or the directory is gone
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
        string parent = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.GetTempPath()));
        if (!Directory.Exists(parent) || Encoding.UTF8.GetByteCount(parent) > LongestRoot)
            parent = "/tmp";
        if (!Directory.Exists(parent))
            throw new ToolException("there is no directory for temporary files: set TMPDIR");
        return Path.Join(parent, "samehost-tour-" + Path.GetFileNameWithoutExtension(Path.GetRandomFileName()));
    }

    private sealed class Reversal(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}

/// <summary>The four programs, in <c>programs/</c> beside the tool: assemblies, or native executables beside a native tool.</summary>
internal static class ProgramFinder
{
    /// <summary>The command that starts the program.</summary>
    public static string[] Find(string name)
    {
        string directory = Path.Join(AppContext.BaseDirectory, "programs");
        string executable = Path.Join(directory, name);

        // A package holds assemblies only, for every architecture, so they run on the very runtime that runs the tool.
        if (File.Exists(executable + ".dll") && Muxer() is { } muxer)
            return [muxer, executable + ".dll"];
        return File.Exists(executable) ? [executable]
            : throw new ToolException($"{name} is missing in {directory}: build or install samehost again");
    }

    /// <summary>The <c>dotnet</c> of our own runtime; null when the tool carries its runtime in itself.</summary>
    private static string? Muxer()
    {
        // ROOT/shared/Microsoft.NETCore.App/VERSION/Microsoft.NETCore.App.deps.json
        if (AppContext.GetData("FX_DEPS_FILE") is not string framework)
            return null;
        string muxer = Path.GetFullPath(Path.Join(Path.GetDirectoryName(framework), "../../../dotnet"));
        return File.Exists(muxer) ? muxer : null;
    }
}
