using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Samehost.Inspection;
using Samehost.Measuring;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Processes;

/// <summary>A started program with redirected standard streams.</summary>
internal sealed class InteractiveProcess : IAsyncDisposable
{
    /// <summary>How long to wait for output or exit; normally it takes milliseconds.</summary>
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

        // Some of them are killed: their temporary files are in the directory that is deleted, and they open no diagnostics sockets.
        start.Environment["TMPDIR"] = directory;
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        _name = name;
        _process = Launch(start);
        _process.StandardInput.AutoFlush = true;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public bool HasExited => _process.HasExited;

    public async Task TypeAsync(string line, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.WriteAsync($"{line}\n".AsMemory(), cancellationToken);
        }
        catch (IOException)
        {
            throw await EndedEarlyAsync(cancellationToken);
        }
    }

    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Reads the next line of output, which has to be the given one.</summary>
    public async Task ExpectAsync(string line, CancellationToken cancellationToken)
    {
        var printed = await InTimeAsync(token => _process.StandardOutput.ReadLineAsync(token).AsTask(), cancellationToken)
            ?? throw await EndedEarlyAsync(cancellationToken);
        if (printed.TrimEnd() != line)
            throw new ToolException($"{_name} printed \"{printed}\" where \"{line}\" was expected");
    }

    /// <summary>Reads its output to the end and counts the lines.</summary>
    public async Task<long> CountLinesAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        var output = _process.StandardOutput.BaseStream;
        long lines = 0;
        while (await output.ReadAsync(buffer, cancellationToken) is > 0 and int got)
            lines += buffer.AsSpan(0, got).Count((byte)'\n');
        return lines;
    }

    /// <summary>Waits for exit; returns the exit status and the text on standard error.</summary>
    public async Task<(int Status, string Errors)> EndAsync(CancellationToken cancellationToken)
    {
        var errors = await InTimeAsync(token => _errors.WaitAsync(token), cancellationToken);
        await InTimeAsync(
            async token =>
            {
                await _process.WaitForExitAsync(token);
                return true;
            },
            cancellationToken);
        return (_process.ExitCode, errors.Trim());
    }

    public async Task<ToolException> EndedEarlyAsync(CancellationToken cancellationToken)
    {
        var (status, errors) = await EndAsync(cancellationToken);
        return new ToolException($"{_name} ended too early, with status {status}{(errors.Length > 0 ? ": " : "")}{errors}");
    }

    /// <summary>Kills the process with SIGKILL.</summary>
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

    private async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Deadline);
        try
        {
            return await wait(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
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
/// Waits until a server listens at its path. The kernel's table is read, because connecting would use up the only client of a server for
/// one client.
/// </summary>
internal static class ServerReadiness
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(3);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static async Task WaitAsync(InteractiveProcess server, string path, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        while (!IsServed(path))
        {
            if (server.HasExited)
                throw await server.EndedEarlyAsync(cancellationToken);
            if (Stopwatch.GetElapsedTime(begin) > Deadline)
                throw new ToolException($"no server listens at {path} after {Deadline.TotalSeconds} seconds");
            await Task.Delay(Interval, cancellationToken);
        }
    }

    private static bool IsServed(string path) => SocketTable.TryRead(withProcesses: false) is { } table
        ? table.Sockets.Exists(s => (s.IsDatagram || s.IsListening) && s.HasPath(Encoding.UTF8.GetBytes(path)))
        : File.Exists(path);
}
