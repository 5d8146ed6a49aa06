using System.Diagnostics;
using Samehost.Bench.Interop;

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

    /// <summary>The CPU time that all threads of the process have used so far, in steps of the kernel's clock tick (10 ms).</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static ChildProcess Start(Command command, int? cpu, params IEnumerable<string> more)
    {
        var start = new ProcessStartInfo(command.Program, [.. command.Arguments, .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Recompile what is hot at once: by default that waits for 100 ms without anything new, on a processor that the process never
        // leaves idle, so that a measurement could still be running unoptimized code after seconds.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";
        int[] before = CpuAffinity.Get();
        try
        {
            if (cpu is int only)
                CpuAffinity.Set(only);
            return new ChildProcess(Process.Start(start)!, $"{Path.GetFileName(command.Program)} {string.Join(' ', command.Arguments)}");
        }
        finally
        {
            CpuAffinity.Set(before);
        }
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
