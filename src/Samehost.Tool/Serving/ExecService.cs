using Samehost.Tool.Commands;
using Samehost.Tool.Interop;
using Samehost.Tool.Output;
using Samehost.Tool.Processes;
using Samehost.Tool.Transfer;

namespace Samehost.Tool.Serving;

/// <summary><c>--exec</c>: a process for each connection, which is its standard input and output.</summary>
internal sealed class ExecService(ServeSettings settings, ServeLog log) : Service
{
    private static readonly TimeSpan KillAfter = TimeSpan.FromSeconds(1);

    private readonly ChildProcesses _children = new();
    private readonly string[] _command = settings.Command!;

    public override async Task ServeAsync(ToolConnection connection, Caller caller, CancellationToken closing)
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
            Terminal.Error($"cannot run {_command[0]}: {Failure.Summary(error)}");
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
