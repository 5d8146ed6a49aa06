using Samehost.Programs;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Cli;

/// <summary>Runs a command until it has ended or a signal asks it to, and removes what it has made.</summary>
internal static class CommandRunner
{
    /// <summary>How long a stopped command may take to unwind before it is left where it is (in a write to a pipe that is full).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs something that ends soon after its token is canceled.</summary>
    /// <returns>Its exit status; after a signal, the one that says which.</returns>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> body)
    {
        using var signal = new ShutdownSignal();
        Task<int> work = Task.Run(() => body(signal.Token));
        await Task.WhenAny(work, signal.Received);
        return signal.Received.IsCompleted ? await UnwindAsync(work, signal) : await work;
    }

    /// <summary>Runs something that starts programs and makes files, none of which outlive it, however it ends.</summary>
    public static async Task<int> RunAsync(Func<TempWorkspace, CancellationToken, Task<int>> body)
    {
        TempWorkspace? place = null;
        using var signal = new ShutdownSignal { BeforeForcedEnd = () => Volatile.Read(ref place)?.Abandon() };
        await using var workspace = new TempWorkspace();
        Volatile.Write(ref place, workspace);
        Task<int> work = Task.Run(() => body(workspace, signal.Token));
        await Task.WhenAny(work, signal.Received);
        if (work.IsFaulted)
            await Task.WhenAny(signal.Received, Task.Delay(Grace)); // Ctrl+C ends the programs as well, and they may be quicker
        return signal.Received.IsCompleted ? await UnwindAsync(work, signal) : await work;
    }

    private static async Task<int> UnwindAsync(Task work, ShutdownSignal signal)
    {
        await Task.WhenAny(work, Task.Delay(Patience));
        return SignalStatus.Of(await signal.Received);
    }
}
