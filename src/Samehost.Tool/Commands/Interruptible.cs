using System.Runtime.InteropServices;
using Samehost.Tool.Processes;

namespace Samehost.Tool.Commands;

/// <summary>Runs a command that starts programs and makes files, none of which outlive it, however it ends.</summary>
internal static class Interruptible
{
    /// <summary>How long a stopped command may take to unwind before it is left where it is (in a write to a pipe that is full).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    public static async Task<int> RunAsync(Func<Workplace, CancellationToken, Task<int>> body)
    {
        var signalled = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = OnSignal(PosixSignal.SIGINT, 2, signalled);
        using var terminate = OnSignal(PosixSignal.SIGTERM, 15, signalled);
        using var hangUp = OnSignal(PosixSignal.SIGHUP, 1, signalled);
        using var quit = OnSignal(PosixSignal.SIGQUIT, 3, signalled);
        using var stop = new CancellationTokenSource();

        await using var workplace = new Workplace();
        Task<int> work = Task.Run(() => body(workplace, stop.Token));
        await Task.WhenAny(work, signalled.Task);
        if (work.IsFaulted)
            await Task.WhenAny(signalled.Task, Task.Delay(Grace)); // Ctrl+C ends the programs as well, and they may be quicker
        if (!signalled.Task.IsCompleted)
            return await work;
        await stop.CancelAsync();
        await Task.WhenAny(work, Task.Delay(Patience));
        return 128 + await signalled.Task;
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, int number, TaskCompletionSource<int> signalled) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            signalled.TrySetResult(number);
        });
}
