using System.Buffers;
using System.Globalization;
using System.Text;

namespace Samehost.Addresses;

/// <summary>Escapes text that other users or processes choose, so that it is one harmless line on a terminal and in a log.</summary>
internal static class PrintableText
{
    /// <summary>Returns the text with <c>\xNN</c> for each byte of a character that controls, reorders or breaks a line.</summary>
    public static string Escape(string text) => Escape(Encoding.UTF8.GetBytes(text));

    /// <summary>Returns UTF-8 as text, with <c>\xNN</c> for each byte that is not UTF-8 and for each byte of a character that controls,
    /// reorders or breaks a line.</summary>
    public static string Escape(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        Span<char> chars = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            bool isValid = Rune.DecodeFromUtf8(bytes, out var rune, out int used) == OperationStatus.Done;
            if (isValid && IsPrintable(rune))
                text.Append(chars[..rune.EncodeToUtf16(chars)]);
            else
                foreach (byte b in bytes[..used])
                    text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
            bytes = bytes[used..];
        }

        return text.ToString();
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
