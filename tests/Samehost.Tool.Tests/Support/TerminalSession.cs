using System.Text.RegularExpressions;

namespace Samehost.Tool.Tests.Support;

/// <summary>
/// A shell in a pseudo-terminal, 80 columns wide, in a directory of its own, with <c>samehost</c> in its path. The terminal echoes input,
/// and its content is what a user would see. Wait for the expected output before the next input.
/// </summary>
public sealed partial class TerminalSession : IAsyncDisposable
{
    private const string Prompt = "$ ";

    private readonly ToolRun _run;
    private int _seen;

    /// <param name="directory">The shell's working directory.</param>
    /// <param name="environment">Assignments with a space after each, such as <c>NO_COLOR=1 TERM=dumb </c>.</param>
    public TerminalSession(string directory, string environment)
    {
        var tool = Path.GetDirectoryName(ToolFixture.Tool)!;
        var shell = $"stty cols 80 rows 24; cd '{directory}'; exec env {environment}PATH='{tool}':\"$PATH\" PS1='{Prompt}' ENV= sh -i";
        _run = new ToolRun(directory, ForeignProgram.Script, ["-qefc", shell, "/dev/null"]);
    }

    /// <summary>The output of the terminal with plain newlines, including colors.</summary>
    public string Raw => _run.OutputSoFar.Replace("\r\n", "\n", StringComparison.Ordinal);

    /// <summary>As <see cref="Raw"/>, without colors and the last, empty prompt: the text of a page.</summary>
    public string Transcript
    {
        get
        {
            var shown = Escapes().Replace(Raw, "");
            return shown.EndsWith('\n' + Prompt, StringComparison.Ordinal) ? shown[..^(Prompt.Length + 1)] : shown.TrimEnd('\n');
        }
    }

    /// <summary>Waits until this is shown after the text of the previous wait.</summary>
    public async Task ShowsAsync(string text)
    {
        await _run.ReadUntilAsync(text.Replace("\n", "\r\n", StringComparison.Ordinal), _seen);
        var shown = _run.OutputSoFar;
        var wanted = text.Replace("\n", "\r\n", StringComparison.Ordinal);
        _seen = shown.IndexOf(wanted, _seen, StringComparison.Ordinal) + wanted.Length;
    }

    /// <summary>Types a line and waits for its echo.</summary>
    public async Task TypeAsync(string line)
    {
        Send(line + "\n");
        await ShowsAsync(line + "\n");
    }

    /// <summary>Waits for the prompt, types a command and waits for its echo.</summary>
    public async Task RunAsync(string command)
    {
        await PromptAsync();
        await TypeAsync(command);
    }

    /// <summary>Waits for the next prompt: the last command has ended.</summary>
    public Task PromptAsync() => ShowsAsync(Prompt);

    /// <summary>Presses Ctrl+C.</summary>
    public void Interrupt() => Send("\x03");

    /// <summary>Presses Ctrl+D at the beginning of a line.</summary>
    public void EndInput() => Send("\x04");

    public ValueTask DisposeAsync() => _run.DisposeAsync();

    private void Send(string keys)
    {
        _run.Input.Write(System.Text.Encoding.UTF8.GetBytes(keys));
        _run.Input.Flush();
    }

    [GeneratedRegex("\e\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escapes();
}
