using System.Buffers;
using System.Globalization;
using System.Text;

namespace Samehost.Programs;

/// <summary>Escapes text of a peer for a terminal, which would interpret control characters in it.</summary>
internal static class TerminalText
{
    /// <summary>Replaces characters that move the cursor, reorder or end a line, and invalid UTF-8, by <c>\xNN</c>.</summary>
    public static byte[] Of(ReadOnlySpan<byte> text)
    {
        var safe = new List<byte>(text.Length);
        while (!text.IsEmpty)
        {
            bool isWhole = Rune.DecodeFromUtf8(text, out Rune rune, out int length) == OperationStatus.Done;
            if (isWhole && IsHarmless(rune))
            {
                safe.AddRange(text[..length]);
            }
            else
            {
                foreach (byte b in text[..length])
                    safe.AddRange(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\x{b:x2}")));
            }
            text = text[length..];
        }
        return [.. safe];
    }

    private static bool IsHarmless(Rune rune) => rune.Value == '\t' || Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
