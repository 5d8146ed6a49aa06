using System.Buffers;
using System.Globalization;
using System.Text;
using Samehost.Programs.Interop;

namespace Samehost.Programs;

/// <summary>Standard output and standard error, written a whole line at a time and without buffering.</summary>
internal static class Output
{
    private static readonly Lock WriteLock = new();
    private static readonly bool IsTerminal = !Console.IsOutputRedirected;
    private static readonly TaskCompletionSource FailedSource = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Fails when a write to standard output failed, whichever client it was for.</summary>
    public static Task Failed => FailedSource.Task;

    /// <summary>Prints a label and the text of a peer, whose control characters are escaped on a terminal.</summary>
    public static void Line(ReadOnlySpan<byte> label, ReadOnlySpan<byte> text)
    {
        var shown = IsTerminal ? TerminalText.Of(text) : text;
        byte[] line = [.. label, .. shown, (byte)'\n'];
        int result;
        lock (WriteLock)
            result = StandardDescriptors.Write(StandardDescriptors.Output, line);
        if (result == 0)
            return;
        var error = new OutputException((Errno)(-result));
        FailedSource.TrySetException(error);
        _ = FailedSource.Task.Exception; // observed here, because the program may end before it reads it
        throw error;
    }

    public static void Line(ReadOnlySpan<byte> text) => Line([], text);

    /// <summary>Prints one line on standard error; a failure is ignored.</summary>
    public static void Error(string text)
    {
        var line = Encoding.UTF8.GetBytes(text.ReplaceLineEndings(" ") + "\n");
        _ = StandardDescriptors.Write(StandardDescriptors.Error, line);
    }
}

/// <summary>Escapes the text of a peer for a terminal.</summary>
internal static class TerminalText
{
    /// <summary>Returns the text with control and format characters, line separators and invalid UTF-8 as <c>\xNN</c>.</summary>
    public static byte[] Of(ReadOnlySpan<byte> text)
    {
        var safe = new List<byte>(text.Length);
        while (!text.IsEmpty)
        {
            var isWhole = Rune.DecodeFromUtf8(text, out var rune, out var length) == OperationStatus.Done;
            if (isWhole && IsPrintable(rune))
            {
                safe.AddRange(text[..length]);
            }
            else
            {
                foreach (var b in text[..length])
                    safe.AddRange(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\x{b:x2}")));
            }
            text = text[length..];
        }
        return [.. safe];
    }

    private static bool IsPrintable(Rune rune) => rune.Value == '\t' || Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
