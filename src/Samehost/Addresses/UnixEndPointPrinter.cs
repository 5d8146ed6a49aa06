using System.Globalization;
using System.Text;

namespace Samehost.Addresses;

/// <summary>
/// Prints an address on one line that is harmless on a terminal and in a log. Names are chosen by strangers: besides control
/// characters, those that reorder or break a line are escaped too, as the bytes that they are.
/// </summary>
internal static class UnixEndPointPrinter
{
    public static string Print(UnixEndPointKind kind, ReadOnlySpan<byte> name) => kind switch
    {
        UnixEndPointKind.Unnamed => "(unnamed)",
        UnixEndPointKind.Autobind => "(autobind)",
        UnixEndPointKind.Abstract => "@" + Escape(name),

        // Somebody else may have bound a relative path; without the dot a file called "@x" would look like an abstract name.
        _ => name.StartsWith("/"u8) ? Escape(name) : "./" + Escape(name),
    };

    public static string Escape(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        Span<char> chars = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(bytes, out Rune rune, out int used) == System.Buffers.OperationStatus.Done;
            if (valid && IsPrintable(rune))
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
