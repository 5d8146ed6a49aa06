using Samehost.Interop;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Serve;

/// <summary>Handles <c>--exec</c>: a process for each connection, which is its standard input and output.</summary>
internal sealed class ExecHandler(ServeSettings settings, ServeLog log) : ConnectionHandler
{
    private static readonly TimeSpan KillAfter = TimeSpan.FromSeconds(1);

    private readonly ChildProcesses _children = new();
    private readonly string[] _command = settings.Command!;

    public override async Task ServeAsync(ToolConnection connection, ClientInfo client, CancellationToken stoppingToken)
    {
        var environment = client.CreateEnvironment();
        ChildProcess child;
        try
        {
            _ = LibcFcntl.SetNonBlocking(connection.Handle, nonBlocking: false);
            child = await Task.Run(() => _children.Start(_command, environment, connection.Handle), CancellationToken.None);
        }
        catch (UnixSocketException error)
        {
            TerminalWriter.WriteError($"cannot run {_command[0]}: {ErrorReport.Summary(error)}");
            return;
        }
        connection.Dispose(); // only the child keeps it open: when the child closes it, the connection ends
        log.Verbose($"connected: {client}, served by pid {child.Id}");
        if (settings.TimeLimit is { } limit && await Task.WhenAny(child.Ended, Task.Delay(limit, CancellationToken.None)) != child.Ended)
        {
            log.Verbose($"ending pid {child.Id} at its time limit: {client}");
            await EndAsync(child);
        }
        var status = await child.Ended;
        log.Verbose($"ended: {client}, pid {child.Id} with status {status}");
    }

    public override Task EndAllAsync() => Task.WhenAll(_children.Running().Select(EndAsync));

    private async Task EndAsync(ChildProcess child)
    {
        _children.Signal(child, LibcProcess.SIGTERM);
        if (await Task.WhenAny(child.Ended, Task.Delay(KillAfter)) != child.Ended)
            _children.Signal(child, LibcProcess.SIGKILL);
        await child.Ended;
    }
}

/// <summary>Checks that a program can be executed, before any client connects.</summary>
internal static class ExecutablePath
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <exception cref="ToolException">The program does not exist or is not executable.</exception>
    public static void Check(string name)
    {
        if (name.Length == 0)
            throw new ToolException("the name of the program to run is empty", ExitStatus.UsageError);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            if (!IsExecutable(name))
            {
                var problem = File.Exists(name) ? "it is not executable" : Directory.Exists(name) ? "it is a directory" : "no such file";
                throw new ToolException($"cannot run {name}: {problem}");
            }
            return;
        }
        var directories = (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':');
        if (!directories.Any(directory => IsExecutable(Path.Join(directory, name))))
            throw new ToolException($"cannot run {name}: there is no such program in PATH");
    }

    private static bool IsExecutable(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & Executable) != 0;
}
