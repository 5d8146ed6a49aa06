using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Samehost.Stress.Running;

/// <summary>A running process. It is spoken to in lines, and ends at the end of its input.</summary>
internal sealed class Worker : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _command;
    private readonly Action<Worker> _ended;
    private readonly StringBuilder _errors = new();
    private readonly Task _errorsEnd;

    public Worker(Process process, string command, Action<Worker> ended)
    {
        _process = process;
        _command = command;
        _ended = ended;
        _errorsEnd = KeepErrorsAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public Stream Input => _process.StandardInput.BaseStream;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>What it has written to its standard error.</summary>
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
            // it has ended; who waits for its answer learns that
        }
    }

    public async Task<string?> ReadLineAsync(TimeSpan? patience = null) =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(patience ?? Patience);

    public async Task<string> ReadLineOrFailAsync(TimeSpan? patience = null)
    {
        try
        {
            if (await ReadLineAsync(patience) is { } line)
                return line;
        }
        catch (TimeoutException)
        {
            throw new CampaignException($"Process {Id} ({_command}) does not answer. {Errors.Trim()}");
        }
        await EndAsync();
        throw new CampaignException($"Process {Id} ({_command}) ended with {ExitCode}: {Errors.Trim()}");
    }

    public async Task ExpectAsync(string line)
    {
        if (await ReadLineOrFailAsync() is var received && received != line)
            throw new CampaignException($"'{line}' was expected of '{_command}', and '{received}' came. {Errors.Trim()}");
    }

    public async Task<string> AskAsync(string line, TimeSpan? patience = null)
    {
        Send(line);
        return await ReadLineOrFailAsync(patience);
    }

    /// <summary>SIGKILL, without waiting.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // it has ended
        }
    }

    public async Task KillAsync()
    {
        Kill();
        await EndAsync();
    }

    /// <summary>Asks it to end (SIGTERM).</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends its input.</summary>
    public void Close()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it has ended
        }
    }

    public async Task<int> EndAsync(TimeSpan? patience = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(patience ?? Patience);
        }
        catch (TimeoutException)
        {
            throw new CampaignException($"Process {Id} ({_command}) does not end. {Errors.Trim()}");
        }
        await _errorsEnd.WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _ended(this);
        _process.Dispose();
    }

    private async Task KeepErrorsAsync()
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
