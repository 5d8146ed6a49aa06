using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Samehost.Stress.Running;

/// <summary>A running process that reads commands and writes replies in lines, and exits at the end of its input.</summary>
internal sealed class Worker : IAsyncDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _command;
    private readonly Action<Worker> _ended;
    private readonly StringBuilder _errors = new();
    private readonly Task _errorsRead;

    public Worker(Process process, string command, Action<Worker> ended)
    {
        _process = process;
        _command = command;
        _ended = ended;
        _errorsRead = ReadErrorsAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public Stream Input => _process.StandardInput.BaseStream;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>The text of its standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    public void Send(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // it has exited, which the caller detects when it waits for the reply
        }
    }

    public async Task<string?> ReadLineAsync(TimeSpan? timeout = null) =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(timeout ?? WaitTimeout);

    public async Task<string> ReadLineOrFailAsync(TimeSpan? timeout = null)
    {
        try
        {
            if (await ReadLineAsync(timeout) is { } line)
                return line;
        }
        catch (TimeoutException)
        {
            throw new CampaignException($"Process {Id} ({_command}) does not reply. {Errors.Trim()}");
        }
        await WaitForExitAsync();
        throw new CampaignException($"Process {Id} ({_command}) ended with {ExitCode}: {Errors.Trim()}");
    }

    public async Task ExpectAsync(string line)
    {
        if (await ReadLineOrFailAsync() is var received && received != line)
            throw new CampaignException($"'{line}' was expected of '{_command}', and '{received}' came. {Errors.Trim()}");
    }

    public async Task<string> RequestAsync(string line, TimeSpan? timeout = null)
    {
        Send(line);
        return await ReadLineOrFailAsync(timeout);
    }

    /// <summary>Sends SIGKILL without waiting.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // it has exited
        }
    }

    public async Task KillAsync()
    {
        Kill();
        await WaitForExitAsync();
    }

    /// <summary>Sends SIGTERM.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Closes its standard input.</summary>
    public void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it has exited
        }
    }

    public async Task<int> WaitForExitAsync(TimeSpan? timeout = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(timeout ?? WaitTimeout);
        }
        catch (TimeoutException)
        {
            throw new CampaignException($"Process {Id} ({_command}) does not end. {Errors.Trim()}");
        }
        await _errorsRead.WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _ended(this);
        _process.Dispose();
    }

    private async Task ReadErrorsAsync()
    {
        var buffer = new char[1024];
        while (await _process.StandardError.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_errors)
            {
                if (_errors.Length < 1 << 20)
                    _errors.Append(buffer, 0, count);
            }
        }
    }
}

/// <summary>
/// Standard input and output of a worker. The input ends when the campaign does, for whatever reason, and ends the worker.
/// </summary>
internal static class WorkerConsole
{
    public static IEnumerable<string> ReadLines()
    {
        while (Console.In.ReadLine() is { } line)
            yield return line;
    }

    /// <summary>Exits this process at the end of its input.</summary>
    public static void ExitAtEndOfInput()
    {
        var thread = new Thread(static () =>
        {
            while (Console.In.ReadLine() is not null)
            {
            }
            Environment.Exit(0);
        })
        { IsBackground = true };
        thread.Start();
    }

    public static void WriteLine(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
