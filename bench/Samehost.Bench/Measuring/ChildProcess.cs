using System.Diagnostics;
using System.Globalization;
using Samehost.Bench.Interop;

namespace Samehost.Bench.Measuring;

/// <summary>A process under measurement: pinned to a CPU, read line by line, and killed when this is disposed.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan LineTimeout = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly string _name;

    private ChildProcess(Process process, string name)
    {
        _process = process;
        _name = name;
        _errors = process.StandardError.ReadToEndAsync();
        AppDomain.CurrentDomain.ProcessExit += KillAtExit; // Ctrl+C must not leave a busy-polling process behind
    }

    /// <summary>The CPU time that the process has used.</summary>
    public double CpuNanoseconds => CpuClock.Nanoseconds(_process.Id);

    public static ChildProcess Start(Command command, int? cpu, params IEnumerable<string> more)
    {
        var start = new ProcessStartInfo(command.Program, [.. command.Arguments, .. more])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // By default tier-1 compilation waits until no method was compiled for 100 ms, which a busy program never reaches.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";
        return new ChildProcess(ChildStart.Start(start, cpu), $"{Path.GetFileName(command.Program)} {string.Join(' ', command.Arguments)}");
    }

    /// <summary>Writes a line to its standard input.</summary>
    public void WriteLine(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Reads lines until one starts with <paramref name="start"/> and returns it.</summary>
    public string WaitForLine(string start)
    {
        using var deadline = new CancellationTokenSource(LineTimeout);
        try
        {
            while (_process.StandardOutput.ReadLineAsync(deadline.Token).AsTask().GetAwaiter().GetResult() is { } line)
            {
                if (line.StartsWith(start, StringComparison.Ordinal))
                    return line;
            }
        }
        catch (OperationCanceledException)
        {
            throw new BenchException($"{_name} did not print \"{start}\" within {LineTimeout.TotalSeconds:0} s");
        }

        throw new BenchException($"{_name} exited before it printed \"{start}\": {_errors.GetAwaiter().GetResult().Trim()}");
    }

    /// <summary>Ends the process by SIGTERM, so that it can print its results, and waits for its end.</summary>
    public void Terminate()
    {
        using (var kill = ChildStart.Start(new ProcessStartInfo("kill", ["-TERM", $"{_process.Id}"])))
            kill.WaitForExit();
        if (!_process.WaitForExit(LineTimeout))
            throw new BenchException($"{_name} did not end within {LineTimeout.TotalSeconds:0} s");
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        _process.Kill(); // does nothing when it has exited
        _process.WaitForExit();
        _process.Dispose();
    }

    private void KillAtExit(object? sender, EventArgs e) => _process.Kill();
}

/// <summary>A program and its first arguments; others (a path, durations) follow at each start.</summary>
internal sealed record Command(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>Whether its code is compiled just in time, which takes a while.</summary>
    public bool NeedsWarmup { get; private init; }

    /// <summary>This program, run as one of its workers.</summary>
    public static Command Worker(string name, params IReadOnlyList<string> arguments)
    {
        var self = ChildStart.GetOwnCommand();
        return new(self[0], [.. self[1..], "role", name, .. arguments]) { NeedsWarmup = true };
    }
}

/// <summary>The result that a process under measurement prints: <c>result roundtrips=123 nanoseconds=456</c>.</summary>
internal sealed class ResultLine
{
    public const string Start = "result ";
    private readonly Dictionary<string, double> _values = [];

    public ResultLine(string line)
    {
        foreach (var part in line[Start.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = part.Split('=', 2);
            _values[pair[0]] = double.Parse(pair[1], CultureInfo.InvariantCulture);
        }
    }

    public double this[string name] => _values[name];
}

/// <summary>An error that the user can correct; printed as one line.</summary>
internal sealed class BenchException(string message) : Exception(message);
