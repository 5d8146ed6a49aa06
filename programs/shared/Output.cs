using System.Text;
using Samehost.Programs.Interop;

namespace Samehost.Programs;

/// <summary>
/// Writes to standard output and standard error, a whole line in each call, so that a reader of the pipe sees it at once.
/// </summary>
internal static class Output
{
    private static readonly Lock OneAtATime = new();
    private static readonly bool IsTerminal = !Console.IsOutputRedirected;
    private static readonly TaskCompletionSource FailedSource = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Fails when a write to standard output failed: the program then has no reader.</summary>
    public static Task Failed => FailedSource.Task;

    /// <summary>Writes a label and a peer's text: unchanged, or escaped on a terminal.</summary>
    public static void Line(ReadOnlySpan<byte> label, ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> printed = IsTerminal ? TerminalText.Of(text) : text;
        byte[] line = [.. label, .. printed, (byte)'\n'];
        int result;
        lock (OneAtATime)
            result = StandardDescriptors.Write(StandardDescriptors.Output, line);
        if (result == 0)
            return;
        var error = new OutputException((Errno)(-result));
        FailedSource.TrySetException(error);
        _ = FailedSource.Task.Exception; // observed here; RunAsync also awaits it
        throw error;
    }

    public static void Line(ReadOnlySpan<byte> text) => Line([], text);

    /// <summary>Writes one line to standard error; failures are ignored.</summary>
    public static void Error(string text)
    {
        byte[] line = Encoding.UTF8.GetBytes(text.ReplaceLineEndings(" ") + "\n");
        _ = StandardDescriptors.Write(StandardDescriptors.Error, line);
    }
}
