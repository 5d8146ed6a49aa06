using System.Text;

namespace Samehost.Programs;

/// <summary>
/// The lifetime of a program: reads the arguments, runs until the body ends, fails or a signal arrives, disposes what it owns, and exits.
/// </summary>
internal sealed class LocalProgram : IDisposable
{
    private const int Sigpipe = 13;

    /// <summary>How long a canceled program may take to unwind before it is abandoned (in a write to a full pipe).</summary>
    private static readonly TimeSpan UnwindTimeout = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _cancellation = new();
    private readonly Stack<IAsyncDisposable> _owned = new();

    private LocalProgram(ProgramArguments arguments) => (EndPoint, Keep) = (arguments.EndPoint, arguments.Keep);

    public UnixEndPoint EndPoint { get; }

    /// <summary>
    /// The policy for callers: all whom the mode of the socket file admits; the current user and root at an abstract name, which has no
    /// mode.
    /// </summary>
    public PeerPolicy Callers => EndPoint.Kind == UnixEndPointKind.Pathname ? PeerPolicy.Anyone : PeerPolicy.SelfAndRoot;

    /// <summary>Whether <c>--keep</c> was given.</summary>
    public bool Keep { get; }

    /// <summary>Canceled by Ctrl+C, SIGTERM and similar signals.</summary>
    public CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>Runs the body and returns the exit status; 128 plus the signal's number for a signal, as in shells.</summary>
    public static async Task<int> RunAsync(string name, string help, string[] args, Func<LocalProgram, Task> body)
    {
        if (!OperatingSystem.IsLinux())
        {
            await Console.Error.WriteLineAsync($"{name}: local sockets are used through Linux system calls here; run it on Linux");
            return 1;
        }
        try
        {
            if (ProgramArguments.Parse(name, help, args) is { } arguments)
            {
                using var program = new LocalProgram(arguments);
                return await program.RunAsync(body);
            }
            Output.Line(Encoding.UTF8.GetBytes(help), []);
            return 0;
        }
        catch (Exception problem)
        {
            return Explain(problem);
        }
    }

    /// <summary>Registers an object that is disposed when the program ends, in reverse order.</summary>
    public T Own<T>(T thing)
        where T : IAsyncDisposable
    {
        lock (_owned)
            _owned.Push(thing);
        return thing;
    }

    /// <summary>Formats an error as one line for users, without hints and without parameter names.</summary>
    public static string Describe(Exception problem) => problem switch
    {
        UnixSocketException failed => failed.Summary,
        IOException { InnerException: UnixSocketException failed } => failed.Summary,
        ArgumentException { ParamName: { } name } bad => bad.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        _ => problem.Message,
    };

    public void Dispose() => _cancellation.Dispose();

    private async Task<int> RunAsync(Func<LocalProgram, Task> body)
    {
        using var signal = new ShutdownSignal(); // before any address is bound: the first signal removes it
        Task work = Task.Run(() => body(this));
        Task first = await Task.WhenAny(work, signal.Received, Output.Failed);
        await _cancellation.CancelAsync();
        await Task.WhenAny(work, Task.Delay(UnwindTimeout));
        await Task.WhenAny(DisposeOwnedAsync(), Task.Delay(UnwindTimeout));
        if (signal.Received.IsCompleted && first != Output.Failed)
            return SignalStatus.Of(await signal.Received);
        await first;
        return 0;
    }

    private async Task DisposeOwnedAsync()
    {
        while (true)
        {
            IAsyncDisposable? thing;
            lock (_owned)
            {
                if (!_owned.TryPop(out thing))
                    return;
            }
            await thing.DisposeAsync();
        }
    }

    private static int Explain(Exception problem)
    {
        if (problem is OutputException { IsClosedPipe: true })
            return 128 + Sigpipe;
        Output.Error(Describe(problem));
        return 1;
    }
}
