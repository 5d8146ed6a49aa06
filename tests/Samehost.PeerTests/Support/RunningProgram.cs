using System.Diagnostics;
using System.Text;
using Samehost.PeerTests.Interop;

namespace Samehost.PeerTests.Support;

/// <summary>A program as a user runs it, with its terminal lines held against what they should be. Disposing leaves no process.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _temporary;
    private readonly LineLog _output;
    private readonly LineLog _errors;

    private RunningProgram(Process process, string temporary)
    {
        _process = process;
        _temporary = temporary;
        _output = new LineLog(process.StandardOutput.BaseStream);
        _errors = new LineLog(process.StandardError.BaseStream);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static RunningProgram Start(string file, params string[] arguments) => StartIn(Path.GetTempPath(), file, arguments);

    public static RunningProgram StartIn(string directory, string file, params string[] arguments)
    {
        // What a killed program leaves in its temporary directory goes with ours.
        string temporary = Directory.CreateTempSubdirectory("peer-").FullName;

        // A shell may have started us with signals ignored, which children inherit: env puts them back and becomes the program.
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

    /// <summary>Types a line; each character is one byte.</summary>
    public void Type(string line) => TypeRaw(line + "\n");

    public void TypeRaw(string text)
    {
        Stream input = _process.StandardInput.BaseStream;
        input.Write(Encoding.Latin1.GetBytes(text));
        input.Flush();
    }

    public void CloseInput() => _process.StandardInput.Close();

    public void CloseOutput() => _process.StandardOutput.BaseStream.Close();

    public void Signal(int signal) => Assert.Equal(0, LibcSignal.Kill(_process.Id, signal));

    public async Task ExpectAsync(params string[] lines)
    {
        foreach (string line in lines)
            Assert.Equal(line, await _output.NextAsync(Deadline));
    }

    public async Task ExpectErrorAsync(string line) => Assert.Equal(line, await _errors.NextAsync(Deadline));

    /// <summary>Expects this next on standard output, whether or not the line goes on.</summary>
    public async Task ExpectTextAsync(string text) => Assert.Equal(text, await _output.NextTextAsync(text.Length, Deadline));

    /// <summary>The next line of standard output, whatever it is; null at its end.</summary>
    public Task<string?> NextLineAsync() => _output.NextAsync(Deadline);

    public Task<string?> NextErrorAsync() => _errors.NextAsync(Deadline);

    /// <summary>Waits for the end: nothing more on standard output, just these lines on standard error, and this status.</summary>
    public async Task ExpectExitAsync(int status, params string[] errors)
    {
        Assert.Equal(errors, await _errors.RestAsync(Deadline));
        Assert.Empty(await _output.RestAsync(Deadline));
        Assert.Equal(status, await ExitStatusAsync());
    }

    /// <summary>Types all the lines while the program prints, ends its input, and returns all that it printed until its end.</summary>
    public async Task<string[]> ConverseAsync(IReadOnlyList<string> lines, bool lacksFinalNewline = false)
    {
        Task typing = Task.Run(() =>
        {
            TypeRaw(string.Join('\n', lines) + (lacksFinalNewline ? "" : "\n"));
            CloseInput();
        });
        string[] printed = await PrintedAsync();
        await typing;
        return printed;
    }

    /// <summary>The lines that it prints until its end, with nothing trimmed. It must end them all with a newline.</summary>
    public async Task<string[]> PrintedAsync()
    {
        string text = await _output.AllAsync(Deadline);
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
