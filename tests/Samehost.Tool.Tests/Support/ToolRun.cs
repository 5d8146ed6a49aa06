using System.Diagnostics;
using System.Text;
using Samehost.Tool.Tests.Interop;

namespace Samehost.Tool.Tests.Support;

/// <summary>A run of the tool. Disposing kills its process.</summary>
public sealed class ToolRun : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(180);

    private readonly CancellationTokenSource _deadline = new(Deadline);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    public ToolRun(string temporary, string program, string[] arguments)
    {
        // The parent may have ignored signals, which children inherit: env resets them and executes the program.
        var start = new ProcessStartInfo("env", ["--default-signal=INT,TERM,HUP,QUIT,PIPE", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["TMPDIR"] = temporary;
        start.Environment["TERM"] = "xterm";
        start.Environment.Remove("NO_COLOR");
        start.Environment["DOTNET_ROOT"] = RuntimeRoot;
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // its sockets would look like files that the tool left
        _process = Process.Start(start)!;
    }

    /// <summary>The runtime that runs the tests, for executables that need one.</summary>
    public static string RuntimeRoot { get; } =
        Path.GetFullPath(Path.Join(Path.GetDirectoryName(typeof(object).Assembly.Location), "../../.."));

    public Stream Input => _process.StandardInput.BaseStream;

    public string OutputSoFar => _output.ToString();

    /// <summary>Reads until standard output contains this text, at or after the position.</summary>
    public async Task<string> ReadUntilAsync(string text, int from = 0)
    {
        var buffer = new char[4096];
        while (_output.ToString().IndexOf(text, from, StringComparison.Ordinal) < 0)
        {
            var got = await _process.StandardOutput.ReadAsync(buffer, _deadline.Token);
            Assert.True(got > 0, $"the output ended before \"{text}\": {_output}");
            _output.Append(buffer, 0, got);
        }
        return _output.ToString();
    }

    /// <summary>Reads the next line of standard error; <see cref="EndAsync"/> returns the rest.</summary>
    public async Task<string> ReadErrorLineAsync() =>
        await _process.StandardError.ReadLineAsync(_deadline.Token) ?? throw new EndOfStreamException("standard error ended");

    public void Interrupt() => Assert.Equal(0, LibcSignal.Kill(_process.Id, LibcSignal.SIGINT));

    public int Id => _process.Id;

    /// <summary>The CPU time that it has used, in user and kernel mode.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Reads until standard error contains this text.</summary>
    public async Task ReadErrorsUntilAsync(string text)
    {
        var buffer = new char[4096];
        while (!_errors.ToString().Contains(text, StringComparison.Ordinal))
        {
            var got = await _process.StandardError.ReadAsync(buffer, _deadline.Token);
            Assert.True(got > 0, $"standard error ended before \"{text}\": {_errors}");
            _errors.Append(buffer, 0, got);
        }
    }

    /// <summary>Types a line of UTF-8.</summary>
    public void Type(string line)
    {
        Input.Write(Encoding.UTF8.GetBytes(line + "\n"));
        Input.Flush();
    }

    public void Terminate() => Assert.Equal(0, LibcSignal.Kill(_process.Id, LibcSignal.SIGTERM));

    public void CloseOutput() => _process.StandardOutput.Close();

    /// <summary>Waits for exit; returns the whole output, unless it was closed.</summary>
    public async Task<ToolResult> EndAsync(bool readsOutput = true)
    {
        var errors = _process.StandardError.ReadToEndAsync(_deadline.Token);
        if (readsOutput)
            _output.Append(await _process.StandardOutput.ReadToEndAsync(_deadline.Token));
        await _process.WaitForExitAsync(_deadline.Token);
        return new ToolResult(_process.ExitCode, _output.ToString(), _errors.Append(await errors).ToString());
    }

    /// <summary>Waits for exit without reading output.</summary>
    public async Task<int> StatusAsync()
    {
        await _process.WaitForExitAsync(_deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _deadline.Dispose();
    }
}
