using System.Runtime.InteropServices;

namespace Samehost.Tool.Commands;

/// <summary>Ctrl+C and the other signals that ask a command to end, as a task and a token, until it is disposed.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly TaskCompletionSource<int> _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignal() => _registrations =
    [
        On(PosixSignal.SIGINT, 2), On(PosixSignal.SIGTERM, 15), On(PosixSignal.SIGHUP, 1), On(PosixSignal.SIGQUIT, 3),
    ];

    /// <summary>The number of the first signal.</summary>
    public Task<int> Received => _received.Task;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Runs something that ends soon after its token does; if it was the signal that ended it, the status says which one, as
    /// shells count.</summary>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> body)
    {
        using var signal = new StopSignal();
        Task<int> work = Task.Run(() => body(signal.Token));
        await Task.WhenAny(work, signal.Received);
        if (signal.Received.IsCompleted)
            await Task.WhenAny(work, Task.Delay(Interruptible.Patience));
        return signal.Received.IsCompleted ? 128 + await signal.Received : await work;
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
    }

    private PosixSignalRegistration On(PosixSignal signal, int number) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (_received.TrySetResult(number))
            _ = _stop.CancelAsync(); // not here: this thread is the one that handles signals
    });
}
