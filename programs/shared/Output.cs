using System.Text;
using Samehost.Programs.Interop;

namespace Samehost.Programs;

/// <summary>Standard output and standard error, a whole line in each write, so that a reader of the pipe sees it at once.</summary>
internal static class Output
{
    private static readonly Lock OneAtATime = new();
    private static readonly bool IsTerminal = !Console.IsOutputRedirected;
    private static readonly TaskCompletionSource FailedSource = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Fails when standard output did: nobody is left to print for, whichever client the line was about.</summary>
    public static Task Failed => FailedSource.Task;

    /// <summary>Prints our label and the text of a peer: as it is, except to a terminal, which is not to obey it.</summary>
    public static void Line(ReadOnlySpan<byte> label, ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> shown = IsTerminal ? TerminalText.Of(text) : text;
        byte[] line = [.. label, .. shown, (byte)'\n'];
        int result;
        lock (OneAtATime)
            result = StandardDescriptors.Write(StandardDescriptors.Output, line);
        if (result == 0)
            return;
        var error = new OutputException((Errno)(-result));
        FailedSource.TrySetException(error);
        _ = FailedSource.Task.Exception; // observed here; whoever ends the program reads it as well
        throw error;
    }

    public static void Line(ReadOnlySpan<byte> text) => Line([], text);

    /// <summary>Prints one line on standard error; when that is gone as well there is nobody to tell.</summary>
    public static void Error(string text)
    {
        byte[] line = Encoding.UTF8.GetBytes(text.ReplaceLineEndings(" ") + "\n");
        _ = StandardDescriptors.Write(StandardDescriptors.Error, line);
    }
}
