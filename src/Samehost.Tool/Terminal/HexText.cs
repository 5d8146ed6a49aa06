using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.Tool.Terminal;

/// <summary>Parses and formats bytes as hexadecimal digits.</summary>
internal static class HexText
{
    private const int Row = 16;

    /// <summary>Parses pairs of digits; spaces, tabs and carriage returns may separate them.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out byte[] bytes)
    {
        var read = new List<byte>(text.Length / 2);
        bytes = [];
        for (var i = 0; i < text.Length; i += 2)
        {
            while (i < text.Length && text[i] is (byte)' ' or (byte)'\t' or (byte)'\r')
                i++;
            if (i == text.Length)
                break;
            if (i + 1 == text.Length || !Numbers.TryParseHex(text.Slice(i, 2), out byte value))
                return false;
            read.Add(value);
        }
        bytes = [.. read];
        return true;
    }

    /// <summary>Formats bytes on one line: <c>48 69 0a</c>.</summary>
    public static string Line(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 3);
        foreach (var b in bytes)
            text.Append(text.Length > 0 ? " " : "").Append(CultureInfo.InvariantCulture, $"{b:x2}");
        return text.ToString();
    }

    /// <summary>Formats rows of sixteen bytes with their offset and characters, as hexdump -C does.</summary>
    public static string Dump(ReadOnlySpan<byte> bytes, long offset)
    {
        var text = new StringBuilder();
        for (var i = 0; i < bytes.Length; i += Row)
        {
            var row = bytes[i..Math.Min(i + Row, bytes.Length)];
            text.Append(CultureInfo.InvariantCulture, $"{offset + i:x8}  {Line(row),-(Row * 3)} |");
            foreach (var b in row)
                text.Append(b is >= 0x20 and < 0x7f ? (char)b : '.');
            text.Append("|\n");
        }
        return text.ToString();
    }
}
