using System.Diagnostics;
using Samehost.Bench.Interop;
using Samehost.Measuring.Interop;

namespace Samehost.Bench.Measuring;

/// <summary>A process under measurement: started on its CPU, read line by line, and gone when this is disposed.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly string _name;

    private ChildProcess(Process process, string name)
    {
        _process = process;
        _name = name;
        _errors = process.StandardError.ReadToEndAsync();
        AppDomain.CurrentDomain.ProcessExit += KillAtExit; // Ctrl+C must not leave a polling process behind
    }

    /// <summary>The CPU time that the process has used so far.</summary>
    public double CpuNanoseconds => CpuClock.Nanoseconds(_process.Id);

    public static ChildProcess Start(Command command, int? cpu, params IEnumerable<string> more)
    {
        var start = new ProcessStartInfo(command.Program, [.. command.Arguments, .. more])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The compiler's second look at a method waits until the program has been calm for 100 ms, which a busy one never is.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";
        int[] before = CpuAffinity.Get();
        try
        {
            if (cpu is int only)
                CpuAffinity.Set(only);
            return new ChildProcess(ChildStart.Start(start), $"{Path.GetFileName(command.Program)} {string.Join(' ', command.Arguments)}");
        }
        finally
        {
            CpuAffinity.Set(before);
        }
    }

    /// <summary>Writes a line to its standard input.</summary>
    public void Say(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Reads lines until one starts with <paramref name="start"/> and returns it.</summary>
    public string WaitForLine(string start)
    {
        using var deadline = new CancellationTokenSource(Patience);
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
            throw new BenchException($"{_name} did not say \"{start}\" within {Patience.TotalSeconds:0} s");
        }

        throw new BenchException($"{_name} ended before it said \"{start}\": {_errors.GetAwaiter().GetResult().Trim()}");
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        _process.Kill(); // does nothing when it has ended by itself
        _process.WaitForExit();
        _process.Dispose();
    }

    private void KillAtExit(object? sender, EventArgs e) => _process.Kill();
}
