using System.Globalization;
using System.Text;
using Samehost.Stress.Fuzz;

namespace Samehost.Stress.Names;

/// <summary>Looks for what a terminal would obey, or a reader be deceived by.</summary>
internal static class ToolOutput
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="bytes">The output, a byte in each character.</param>
    /// <param name="isTerminal">It came through a terminal, which puts a carriage return before each newline.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? Problem(string bytes, bool isTerminal)
    {
        string text;
        try
        {
            text = Strict.GetString(Encoding.Latin1.GetBytes(bytes));
        }
        catch (DecoderFallbackException e)
        {
            return $"bytes that are not UTF-8 at {e.Index}: {Hostile.Show(bytes[Math.Max(0, e.Index - 40)..])}";
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
                return $"U+{(int)text[i]:X4} in {Hostile.Show(text[Math.Max(0, i - 60)..Math.Min(text.Length, i + 20)])}";
            }
        }
        return null;
    }
}
