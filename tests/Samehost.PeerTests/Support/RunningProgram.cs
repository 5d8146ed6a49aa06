using System.Diagnostics;
using System.Text;
using Samehost.PeerTests.Interop;

namespace Samehost.PeerTests.Support;

/// <summary>A running program whose output is compared with the expected lines; it is killed when this is disposed.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _temporary;
    private readonly LineBuffer _output;
    private readonly LineBuffer _errors;

    private RunningProgram(Process process, string temporary)
    {
        _process = process;
        _temporary = temporary;
        _output = new LineBuffer(process.StandardOutput.BaseStream);
        _errors = new LineBuffer(process.StandardError.BaseStream);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static RunningProgram Start(string file, params string[] arguments) => StartIn(Path.GetTempPath(), file, arguments);

    public static RunningProgram StartIn(string directory, string file, params string[] arguments)
    {
        // A temporary directory of its own, deleted at the end with the files of a killed program.
        var temporary = Directory.CreateTempSubdirectory("peer-").FullName;

        // Ignored signals are inherited by child processes; env resets them and executes the program.
        var start = new ProcessStartInfo("env", ["--default-signal=INT,TERM,HUP,QUIT,PIPE", file, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };
        start.Environment["DOTNET_ROOT"] = Programs.RuntimeRoot;
        start.Environment["TMPDIR"] = temporary;
        return new RunningProgram(Process.Start(start)!, temporary);
    }

    /// <summary>Writes a line to standard input; each character is one byte.</summary>
    public void Type(string line) => WriteInput(line + "\n");

    public void WriteInput(string text)
    {
        var input = _process.StandardInput.BaseStream;
        input.Write(Encoding.Latin1.GetBytes(text));
        input.Flush();
    }

    public void CloseInput() => _process.StandardInput.Close();

    public void CloseOutput() => _process.StandardOutput.BaseStream.Close();

    public void Signal(int signal) => Assert.Equal(0, LibcSignal.Kill(_process.Id, signal));

    public async Task ExpectAsync(params string[] lines)
    {
        foreach (var line in lines)
            Assert.Equal(line, await _output.NextAsync(Deadline));
    }

    public async Task ExpectErrorAsync(string line) => Assert.Equal(line, await _errors.NextAsync(Deadline));

    /// <summary>Expects a text on standard output, which may be a part of a line.</summary>
    public async Task ExpectTextAsync(string text) => Assert.Equal(text, await _output.NextTextAsync(text.Length, Deadline));

    /// <summary>Reads the next line of standard output; null at its end.</summary>
    public Task<string?> NextLineAsync() => _output.NextAsync(Deadline);

    public Task<string?> NextErrorAsync() => _errors.NextAsync(Deadline);

    /// <summary>Expects the program to exit with a status, without further output, and with these lines on standard error.</summary>
    public async Task ExpectExitAsync(int status, params string[] errors)
    {
        Assert.Equal(errors, await _errors.RestAsync(Deadline));
        Assert.Empty(await _output.RestAsync(Deadline));
        Assert.Equal(status, await ExitStatusAsync());
    }

    /// <summary>Writes lines to standard input and closes it, while it reads standard output to the end; returns the output.</summary>
    public async Task<string[]> ExchangeAsync(IReadOnlyList<string> lines, bool lacksFinalNewline = false)
    {
        var typing = Task.Run(() =>
        {
            WriteInput(string.Join('\n', lines) + (lacksFinalNewline ? "" : "\n"));
            CloseInput();
        });
        var printed = await ReadOutputAsync();
        await typing;
        return printed;
    }

    /// <summary>Reads standard output to the end, without trimming; the last line must end with a newline.</summary>
    public async Task<string[]> ReadOutputAsync()
    {
        var text = await _output.AllAsync(Deadline);
        Assert.True(text.Length == 0 || text.EndsWith('\n'), "the last line has no newline");
        return text.Split('\n')[..^1];
    }

    public async Task<int> ExitStatusAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        if (Directory.Exists(_temporary))
            Directory.Delete(_temporary, recursive: true);
    }
}

/// <summary>The output of a process, one character for each byte, so that no byte is lost in decoding.</summary>
internal sealed class LineBuffer
{
    private readonly StringBuilder _text = new();
    private bool _ended;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LineBuffer(Stream source) => _ = ReadAsync(source);

    /// <summary>Reads the next line without surrounding blanks; null at the end.</summary>
    public Task<string?> NextAsync(TimeSpan deadline) => TakeAsync(deadline, text =>
    {
        var newline = text.IndexOf('\n');
        return newline >= 0 ? newline + 1 : _ended ? text.Length : -1;
    });

    /// <summary>Reads the next characters after blanks and NULs.</summary>
    public Task<string?> NextTextAsync(int length, TimeSpan deadline) => TakeAsync(deadline, text =>
    {
        var start = text.Length - text.TrimStart(['\0', '\n', '\r', ' ']).Length;
        return text.Length >= start + length ? start + length : _ended ? text.Length : -1;
    });

    public async Task<string[]> RestAsync(TimeSpan deadline)
    {
        var rest = new List<string>();
        while (await NextAsync(deadline) is { } line)
            rest.Add(line);
        return [.. rest];
    }

    /// <summary>Reads the rest to the end of the output.</summary>
    public async Task<string> AllAsync(TimeSpan deadline)
    {
        while (true)
        {
            Task changed;
            lock (_text)
            {
                if (_ended)
                {
                    var text = _text.ToString();
                    _text.Clear();
                    return text;
                }
                changed = _changed.Task;
            }
            await changed.WaitAsync(deadline);
        }
    }

    private async Task<string?> TakeAsync(TimeSpan deadline, Func<string, int> lengthToTake)
    {
        using var source = new CancellationTokenSource(deadline);
        while (true)
        {
            Task changed;
            string text;
            lock (_text)
            {
                changed = _changed.Task;
                text = _text.ToString();
                var length = lengthToTake(text);
                if (_ended && text.Length == 0)
                    return null;
                if (length >= 0)
                {
                    _text.Remove(0, length);
                    return text[..length].Trim('\0', '\n', '\r', ' ');
                }
            }
            await changed.WaitAsync(source.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (source.IsCancellationRequested)
                throw new TimeoutException($"no more output within {deadline.TotalSeconds} s, after \"{text}\"");
        }
    }

    private async Task ReadAsync(Stream source)
    {
        var buffer = new byte[65536];
        var count = 1;
        while (count > 0)
        {
            try
            {
                count = await source.ReadAsync(buffer);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                count = 0; // the test closed the pipe
            }
            var changed = _changed;
            lock (_text)
            {
                _text.Append(Encoding.Latin1.GetString(buffer, 0, count));
                _ended = count == 0;
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            changed.SetResult();
        }
    }
}
