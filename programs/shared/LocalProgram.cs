using System.Text;

namespace Samehost.Programs;

/// <summary>
/// The life of one of these programs: read the arguments, run until done, asked to end or failed, remove what was made, exit.
/// </summary>
internal sealed class LocalProgram : IDisposable
{
    private const int Sigpipe = 13;

    /// <summary>How long a stopped program may take to unwind before it is left where it is (in a write to a pipe that is full).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Stack<IAsyncDisposable> _owned = new();

    private LocalProgram(ProgramArguments arguments) => (EndPoint, Keep) = (arguments.EndPoint, arguments.Keep);

    public UnixEndPoint EndPoint { get; }

    /// <summary>Whoever the mode of the socket file lets in; our own user and root at an abstract name, which has no mode.</summary>
    public PeerPolicy Callers => EndPoint.Kind == UnixEndPointKind.Pathname ? PeerPolicy.Anyone : PeerPolicy.SelfAndRoot;

    /// <summary>True when <c>--keep</c> was given.</summary>
    public bool Keep { get; }

    /// <summary>Cancelled by Ctrl+C, SIGTERM and the like.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Runs the body and returns the exit status; 128 plus its number for a signal, as shells count them.</summary>
    public static async Task<int> RunAsync(string name, string help, string[] args, Func<LocalProgram, Task> body)
    {
        if (!OperatingSystem.IsLinux())
        {
            await Console.Error.WriteLineAsync($"{name}: local sockets are used through Linux system calls here; run it on Linux");
            return 1;
        }
        try
        {
            if (ProgramArguments.Read(name, help, args) is { } arguments)
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

    /// <summary>Hands over something to be disposed when the program ends, however it ends; the last one first.</summary>
    public T Own<T>(T thing)
        where T : IAsyncDisposable
    {
        lock (_owned)
            _owned.Push(thing);
        return thing;
    }

    /// <summary>The problem in one line for the user, without hints and without the names that only programmers know.</summary>
    public static string Describe(Exception problem) => problem switch
    {
        UnixSocketException failed => failed.Summary,
        IOException { InnerException: UnixSocketException failed } => failed.Summary,
        ArgumentException { ParamName: { } name } bad => bad.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        _ => problem.Message,
    };

    public void Dispose() => _stop.Dispose();

    private async Task<int> RunAsync(Func<LocalProgram, Task> body)
    {
        using var signal = new ShutdownSignal(); // before any address is bound, which the first signal removes
        Task work = Task.Run(() => body(this));
        Task first = await Task.WhenAny(work, signal.Received, Output.Failed);
        await _stop.CancelAsync();
        await Task.WhenAny(work, Task.Delay(Patience));
        await Task.WhenAny(DisposeOwnedAsync(), Task.Delay(Patience));
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
