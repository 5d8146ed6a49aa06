using Samehost.Tool.Processes;

namespace Samehost.Tool.Commands;

/// <summary>Runs a command that starts programs and makes files, none of which outlive it, however it ends.</summary>
internal static class Interruptible
{
    /// <summary>How long a stopped command may take to unwind before it is left where it is (in a write to a pipe that is full).</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    public static async Task<int> RunAsync(Func<Workplace, CancellationToken, Task<int>> body)
    {
        using var signal = new StopSignal();
        await using var workplace = new Workplace();
        Task<int> work = Task.Run(() => body(workplace, signal.Token));
        await Task.WhenAny(work, signal.Received);
        if (work.IsFaulted)
            await Task.WhenAny(signal.Received, Task.Delay(Grace)); // Ctrl+C ends the programs as well, and they may be quicker
        if (!signal.Received.IsCompleted)
            return await work;
        await Task.WhenAny(work, Task.Delay(Patience));
        return 128 + await signal.Received;
    }
}
