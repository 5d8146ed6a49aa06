using System.Globalization;
using Samehost.Inspection;

namespace Samehost.Tool.Terminal;

/// <summary>Quotes text that other programs chose, escaped as the library escapes addresses.</summary>
internal static class QuotedText
{
    private const int ExcerptLength = 40;

    /// <summary>Formats the first bytes of a message, escaped and in quotes.</summary>
    public static string Excerpt(ReadOnlySpan<byte> bytes) => bytes.Length > ExcerptLength
        ? $"\"{PrintableText.Of(bytes[..ExcerptLength])}…\""
        : $"\"{PrintableText.Of(bytes)}\"";

    /// <summary>
    /// Formats the name of a process, in quotes if it contains a separator of processes or columns: the process chooses the name itself and
    /// must not pass for two, as in <c>sshd(1) root, x</c>.
    /// </summary>
    public static string ProcessName(UnixSocketProcess process)
    {
        var name = process.Command;
        var isPlain = !name.AsSpan().ContainsAny("(),\"") && !name.Contains("  ", StringComparison.Ordinal) && name.Trim() == name;
        return isPlain ? name
            : $"\"{name.Replace("\"", "\\x22", StringComparison.Ordinal).Replace("  ", " \\x20", StringComparison.Ordinal)}\"";
    }
}

/// <summary>Formats a number of things.</summary>
internal static class CountText
{
    /// <summary>Formats a count with its noun, which gets an s unless the count is one: <c>1 row</c>, <c>2 rows</c>.</summary>
    public static string Of(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
