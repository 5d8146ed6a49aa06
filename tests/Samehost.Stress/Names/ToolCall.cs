using System.Globalization;
using System.Text;
using Samehost.Stress.Fuzz;

namespace Samehost.Stress.Names;

/// <summary>A command line of the tool, and its allowed exit statuses.</summary>
internal sealed record ToolCall(IReadOnlyList<byte[]> Arguments)
{
    /// <summary>The allowed exit statuses: 0 success, 1 failure, 2 wrong usage.</summary>
    public IReadOnlyList<int> Statuses { get; init; } = [0, 1, 2];

    public bool IsJson { get; init; }

    /// <summary>Whether its standard output is the data of the peer, which is printed unchanged.</summary>
    public bool OutputIsData { get; init; }

    /// <summary>Whether it continues after a client until SIGTERM.</summary>
    public bool EndsBySignal { get; init; }

    public static ToolCall Of(params object[] arguments) =>
        new([.. arguments.Select(static a => a as byte[] ?? Encoding.UTF8.GetBytes((string)a))]);

    public override string ToString() => string.Join(' ', Arguments.Select(static a => UntrustedText.Show(Encoding.Latin1.GetString(a))));
}

/// <summary>Searches the tool's output for characters that a terminal interprets or does not show.</summary>
internal static class ToolOutput
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="bytes">The output, one byte in each character.</param>
    /// <param name="isTerminal">Whether it was written to a terminal, which adds a carriage return before each newline.</param>
    /// <returns>The first problem, or null.</returns>
    public static string? FindProblem(string bytes, bool isTerminal)
    {
        string text;
        try
        {
            text = Strict.GetString(Encoding.Latin1.GetBytes(bytes));
        }
        catch (DecoderFallbackException e)
        {
            return $"bytes that are not UTF-8 at {e.Index}: {UntrustedText.Show(bytes[Math.Max(0, e.Index - 40)..])}";
        }
        if (isTerminal)
            text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.GetUnicodeCategory(text[i]) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                if (text[i] == '\n')
                    continue;
                return $"U+{(int)text[i]:X4} in {UntrustedText.Show(text[Math.Max(0, i - 60)..Math.Min(text.Length, i + 20)])}";
            }
        }
        return null;
    }
}
