using System.ComponentModel;
using System.Diagnostics;
using Samehost.Interop;
using Samehost.Measuring;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Processes;

/// <summary>One started program: what it is told on standard input, and what it prints.</summary>
internal sealed class InteractiveProcess : IAsyncDisposable
{
    /// <summary>The programs answer in milliseconds; a machine may be busy, but not for this long.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly string _name;
    private readonly Process _process;
    private readonly Task<string> _errors;

    public InteractiveProcess(string name, string[] command, string directory)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Some of them are killed: whatever they keep in temporary files goes with the directory, and they open no debugging sockets.
        start.Environment["TMPDIR"] = directory;
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        _name = name;
        _process = Launch(start);
        _process.StandardInput.AutoFlush = true;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public bool HasExited => _process.HasExited;

    public async Task TypeAsync(string line, CancellationToken stop)
    {
        try
        {
            await _process.StandardInput.WriteAsync($"{line}\n".AsMemory(), stop);
        }
        catch (IOException)
        {
            throw await EndedEarlyAsync(stop);
        }
    }

    public void EndInput() => _process.StandardInput.Close();

    /// <summary>The next line that it prints, which has to be this one.</summary>
    public async Task ExpectAsync(string line, CancellationToken stop)
    {
        string printed = await InTimeAsync(token => _process.StandardOutput.ReadLineAsync(token).AsTask(), stop)
            ?? throw await EndedEarlyAsync(stop);
        if (printed.TrimEnd() != line)
            throw new ToolException($"{_name} printed \"{printed}\" where \"{line}\" was expected");
    }

    /// <summary>Reads what it prints until it ends, and counts the lines.</summary>
    public async Task<long> CountLinesAsync(CancellationToken stop)
    {
        byte[] buffer = new byte[64 * 1024];
        Stream output = _process.StandardOutput.BaseStream;
        long lines = 0;
        while (await output.ReadAsync(buffer, stop) is > 0 and int got)
            lines += buffer.AsSpan(0, got).Count((byte)'\n');
        return lines;
    }

    /// <summary>Waits for its end: the exit status, and what it said on standard error.</summary>
    public async Task<(int Status, string Errors)> EndAsync(CancellationToken stop)
    {
        string errors = await InTimeAsync(token => _errors.WaitAsync(token), stop);
        await InTimeAsync(
            async token =>
            {
                await _process.WaitForExitAsync(token);
                return true;
            },
            stop);
        return (_process.ExitCode, errors.Trim());
    }

    public async Task<ToolException> EndedEarlyAsync(CancellationToken stop)
    {
        (int status, string errors) = await EndAsync(stop);
        return new ToolException($"{_name} ended too early, with status {status}{(errors.Length > 0 ? ": " : "")}{errors}");
    }

    /// <summary>Ends it at once, as <c>kill -9</c> does: it cannot tidy up.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
            _process.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(Deadline);
        try
        {
            return await wait(deadline.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ToolException($"{_name} did nothing for {Deadline.TotalSeconds} seconds");
        }
    }

    private static Process Launch(ProcessStartInfo start)
    {
        try
        {
            return ChildStart.Start(start);
        }
        catch (Win32Exception error)
        {
            throw new ToolException($"cannot start {start.FileName}: {error.Message}");
        }
    }
}

/// <summary>
/// Waits until a server serves its path. Connecting would tell as well, but a server for one client would have had its client then:
/// the kernel's table is looked at instead.
/// </summary>
internal static class ServerReadiness
{
    private const string Table = "/proc/net/unix";
    private const int Listening = 0x10000;
    private const int Datagram = 2;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(3);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static async Task WaitAsync(InteractiveProcess server, string path, CancellationToken stop)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!IsServed(path))
        {
            if (server.HasExited)
                throw await server.EndedEarlyAsync(stop);
            if (Stopwatch.GetElapsedTime(begin) > Deadline)
                throw new ToolException($"nobody serves {path} after {Deadline.TotalSeconds} seconds");
            await Task.Delay(Interval, stop);
        }
    }

    private static bool IsServed(string path) =>
        File.Exists(Table) ? File.ReadLines(Table).Any(row => IsServedIn(row, path)) : File.Exists(path);

    // Num RefCount Protocol Flags Type St Inode Path
    private static bool IsServedIn(string row, string path)
    {
        string[] fields = row.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 8 && fields[7] == path && (Hex(fields[4]) == Datagram || (Hex(fields[3]) & Listening) != 0);
    }

    private static int Hex(string text) => Numbers.TryParseHex(text, out int number) ? number : 0;
}
