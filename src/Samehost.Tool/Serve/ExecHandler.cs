using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Serve;

/// <summary><c>--exec</c>: a process for each connection, which is its standard input and output.</summary>
internal sealed class ExecHandler(ServeSettings settings, ServeLog log) : ConnectionHandler
{
    private static readonly TimeSpan KillAfter = TimeSpan.FromSeconds(1);

    private readonly ChildProcesses _children = new();
    private readonly string[] _command = settings.Command!;

    public override async Task ServeAsync(ToolConnection connection, ClientInfo caller, CancellationToken closing)
    {
        string[] environment = caller.Environment();
        ChildProcess child;
        try
        {
            LibcConnection.MakeBlocking(connection.Handle);
            child = await Task.Run(() => _children.Start(_command, environment, connection.Handle), CancellationToken.None);
        }
        catch (UnixSocketException error)
        {
            TerminalWriter.WriteError($"cannot run {_command[0]}: {ErrorReport.Summary(error)}");
            return;
        }
        connection.Dispose(); // the child's alone: its end is the connection's end
        log.Note($"connected: {caller}, served by pid {child.Id}");
        if (settings.TimeLimit is { } limit && await Task.WhenAny(child.Ended, Task.Delay(limit, CancellationToken.None)) != child.Ended)
        {
            log.Note($"ending pid {child.Id}, which has served for too long: {caller}");
            await EndAsync(child);
        }
        var status = await child.Ended;
        log.Note($"ended: {caller}, pid {child.Id} with status {status}");
    }

    public override Task AbandonAsync() => Task.WhenAll(_children.Running().Select(EndAsync));

    private async Task EndAsync(ChildProcess child)
    {
        _children.Signal(child, LibcChild.SIGTERM);
        if (await Task.WhenAny(child.Ended, Task.Delay(KillAfter)) != child.Ended)
            _children.Signal(child, LibcChild.SIGKILL);
        await child.Ended;
    }
}

/// <summary>Looks whether a program can be run at all, before any client comes.</summary>
internal static class ExecutablePath
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <exception cref="ToolException">There is no such program.</exception>
    public static void Check(string name)
    {
        if (name.Length == 0)
            throw new ToolException("the name of the program to run is empty", ExitStatus.UsageError);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            if (!IsExecutable(name))
            {
                string problem = File.Exists(name) ? "it is not executable" : Directory.Exists(name) ? "it is a directory" : "no such file";
                throw new ToolException($"cannot run {name}: {problem}");
            }
            return;
        }
        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':');
        if (!directories.Any(directory => IsExecutable(Path.Join(directory, name))))
            throw new ToolException($"cannot run {name}: there is no such program in PATH");
    }

    private static bool IsExecutable(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & Executable) != 0;
}
