using System.Text;

namespace Samehost.Programs;

/// <summary>
/// Runs one of these programs: reads the arguments, runs until the program is done, stopped or failed, disposes of what it owns and exits.
/// </summary>
internal sealed class LocalProgram : IDisposable
{
    private const int Sigpipe = 13;

    /// <summary>How long to wait for a stopped program, which may be blocked in a write to a pipe that is full.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Stack<IAsyncDisposable> _disposables = new();

    private LocalProgram(ProgramArguments arguments) => (EndPoint, Keep) = (arguments.EndPoint, arguments.Keep);

    public UnixEndPoint EndPoint { get; }

    /// <summary>Everyone whom the mode of the socket file allows; at an abstract name, which has no mode, the own user and root.</summary>
    public PeerPolicy PeerPolicy => EndPoint.Kind == UnixEndPointKind.Pathname ? PeerPolicy.Anyone : PeerPolicy.SelfAndRoot;

    /// <summary>Whether <c>--keep</c> was given.</summary>
    public bool Keep { get; }

    /// <summary>Canceled by Ctrl+C, SIGTERM and the other signals that end a program.</summary>
    public CancellationToken CancellationToken => _stopping.Token;

    /// <summary>Runs the body and returns the exit status; for a signal 128 plus its number, as shells do.</summary>
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
        catch (Exception error)
        {
            return ReportError(error);
        }
    }

    /// <summary>Disposes of an object when the program ends, in reverse order of these calls.</summary>
    public T DisposeAtExit<T>(T disposable)
        where T : IAsyncDisposable
    {
        lock (_lock)
            _disposables.Push(disposable);
        return disposable;
    }

    /// <summary>Returns the error in one line for the user, without hints and parameter names.</summary>
    public static string Describe(Exception error) => error switch
    {
        UnixSocketException failed => failed.Summary,
        IOException { InnerException: UnixSocketException failed } => failed.Summary,
        ArgumentException { ParamName: { } name } bad => bad.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        _ => error.Message,
    };

    public void Dispose() => _stopping.Dispose();

    private async Task<int> RunAsync(Func<LocalProgram, Task> body)
    {
        using var signal = new ShutdownSignal(); // before an address is bound, so that a signal deletes its file
        var work = Task.Run(() => body(this));
        var first = await Task.WhenAny(work, signal.Received, Output.Failed);
        await _stopping.CancelAsync();
        await Task.WhenAny(work, Task.Delay(StopTimeout));
        await Task.WhenAny(DisposeAllAsync(), Task.Delay(StopTimeout));
        if (signal.Received.IsCompleted && first != Output.Failed)
            return SignalStatus.Of(await signal.Received);
        await first;
        return 0;
    }

    private async Task DisposeAllAsync()
    {
        while (true)
        {
            IAsyncDisposable? disposable;
            lock (_lock)
            {
                if (!_disposables.TryPop(out disposable))
                    return;
            }
            await disposable.DisposeAsync();
        }
    }

    private static int ReportError(Exception error)
    {
        if (error is OutputException { IsClosedPipe: true })
            return 128 + Sigpipe;
        Output.Error(Describe(error));
        return 1;
    }
}

/// <summary>The command line of one of these programs.</summary>
internal sealed record ProgramArguments(UnixEndPoint EndPoint, bool Keep)
{
    /// <summary>Reads the arguments; null for <c>--help</c>.</summary>
    /// <exception cref="ProgramException">The arguments are wrong; the message is the usage line, and the unknown option.</exception>
    /// <exception cref="FormatException">The text is not an address; the message says why.</exception>
    public static ProgramArguments? Read(string name, string help, string[] args)
    {
        if (args is ["--help"] or ["-h"])
            return null;
        var keep = help.Contains("--keep", StringComparison.Ordinal) && args.Contains("--keep");
        var rest = keep ? [.. args.Where(argument => argument != "--keep")] : args;
        if (Array.Find(rest, argument => argument is ['-', ..]) is { } option)
        {
            var usage = help[..help.IndexOf('\n', StringComparison.Ordinal)];
            throw new ProgramException($"unknown option '{option}' (as a path ./{option}); {usage}");
        }
        if (rest.Length != 1)
            throw new ProgramException($"usage: {name} <local_path>");
        return new ProgramArguments(UnixEndPoint.Parse(rest[0]), keep);
    }
}
