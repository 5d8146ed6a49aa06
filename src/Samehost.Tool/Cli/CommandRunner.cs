using Samehost.Programs;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Cli;

/// <summary>Runs a command until it ends or a signal stops it, and removes its temporary files.</summary>
internal static class CommandRunner
{
    /// <summary>How long a canceled command may take to unwind before it is abandoned (in a write to a full pipe).</summary>
    private static readonly TimeSpan UnwindTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SignalGracePeriod = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs a command that ends soon after its token is canceled.</summary>
    /// <returns>The command's exit status; after a signal, the status that names the signal.</returns>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> body)
    {
        using var signal = new ShutdownSignal();
        var work = Task.Run(() => body(signal.Token));
        await Task.WhenAny(work, signal.Received);
        return signal.Received.IsCompleted ? await UnwindAsync(work, signal) : await work;
    }

    /// <summary>Runs a command that serves until a signal ends it, which is its normal end.</summary>
    /// <returns>The command's own exit status, if it ends in time after a signal.</returns>
    public static async Task<int> RunServerAsync(Func<CancellationToken, Task<int>> body)
    {
        using var signal = new ShutdownSignal();
        var work = Task.Run(() => body(signal.Token));
        await Task.WhenAny(work, signal.Received);
        await Task.WhenAny(work, Task.Delay(UnwindTimeout));
        return work.IsCompleted ? await work : SignalStatus.Of(await signal.Received);
    }

    /// <summary>Runs a command that starts programs and creates files in a workspace, which is removed however the command ends.</summary>
    public static async Task<int> RunAsync(Func<TempWorkspace, CancellationToken, Task<int>> body)
    {
        TempWorkspace? current = null;
        using var signal = new ShutdownSignal { BeforeForcedEnd = () => Volatile.Read(ref current)?.KillAndDelete() };
        await using var workspace = new TempWorkspace();
        Volatile.Write(ref current, workspace);
        var work = Task.Run(() => body(workspace, signal.Token));
        await Task.WhenAny(work, signal.Received);
        if (work.IsFaulted)
            await Task.WhenAny(signal.Received, Task.Delay(SignalGracePeriod)); // Ctrl+C also ends the programs, and they may be quicker
        return signal.Received.IsCompleted ? await UnwindAsync(work, signal) : await work;
    }

    private static async Task<int> UnwindAsync(Task work, ShutdownSignal signal)
    {
        await Task.WhenAny(work, Task.Delay(UnwindTimeout));
        return SignalStatus.Of(await signal.Received);
    }
}
