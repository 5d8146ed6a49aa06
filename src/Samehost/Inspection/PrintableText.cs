using System.Buffers;
using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>
/// Prints text that another process or user chose on one line that is harmless on a terminal and in a log: control characters, and those
/// that reorder or break a line, are escaped as the bytes that they are.
/// </summary>
internal static class PrintableText
{
    /// <summary>Prints UTF-8; bytes that are none, and characters that are not printable, become <c>\xNN</c>.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        Span<char> chars = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf8(bytes, out var rune, out var used) == OperationStatus.Done;
            if (valid && IsPrintable(rune))
            {
                text.Append(chars[..rune.EncodeToUtf16(chars)]);
            }
            else
            {
                foreach (var b in bytes[..used])
                    text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
            }
            bytes = bytes[used..];
        }

        return text.ToString();
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{byte})"/>
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>Formats text as one word of a shell's command line: as it is, in single quotes, or with escapes as <c>$'…'</c>.</summary>
    public static string ForShell(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (isPlain, isPrintable) = (!bytes.IsEmpty, true);
        for (var rest = bytes; !rest.IsEmpty;)
        {
            var valid = Rune.DecodeFromUtf8(rest, out var rune, out var used) == OperationStatus.Done;
            isPrintable &= valid && IsPrintable(rune);
            isPlain &= isPrintable && (Rune.IsLetterOrDigit(rune) || (rune.IsAscii && "/._-+@%:=,".Contains((char)rune.Value)));
            rest = rest[used..];
        }
        if (isPlain)
            return Encoding.UTF8.GetString(bytes);
        if (isPrintable)
            return $"'{Encoding.UTF8.GetString(bytes).Replace("'", @"'\''", StringComparison.Ordinal)}'";
        foreach (var b in bytes)
        {
            if (b is > 0x20 and < 0x7F and not ((byte)'\'' or (byte)'\\'))
                text.Append((char)b);
            else
                text.Append('\\').Append(Convert.ToString(b, 8).PadLeft(3, '0'));
        }
        return $"$'{text}'";
    }

    /// <inheritdoc cref="ForShell(ReadOnlySpan{byte})"/>
    public static string ForShell(string text) => ForShell(Encoding.UTF8.GetBytes(text));

    /// <summary>A user by name and number, such as <c>user www-data (33)</c>, or <c>user 12345</c> when the number has no name.</summary>
    public static string User(uint user) =>
        LibcAccount.FindUserName(user) is { } name ? $"user {Of(name)} ({user})" : $"user {user}";

    /// <summary>A group by name and number, such as <c>group docker (998)</c>.</summary>
    public static string Group(uint group) =>
        LibcAccount.FindGroupName(group) is { } name ? $"group {Of(name)} ({group})" : $"group {group}";

    /// <summary>The name of a user, or the number where it has none.</summary>
    public static string UserName(uint user) => LibcAccount.FindUserName(user) is { } name ? Of(name) : $"{user}";

    /// <summary>The name of a group, or the number where it has none.</summary>
    public static string GroupName(uint group) => LibcAccount.FindGroupName(group) is { } name ? Of(name) : $"{group}";

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
