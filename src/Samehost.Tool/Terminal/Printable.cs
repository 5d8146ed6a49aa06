using System.Text;
using Samehost.Addresses;

namespace Samehost.Tool.Terminal;

/// <summary>
/// Escapes text of other programs (file names, answers) for a terminal, which would interpret control characters in it, as the library
/// escapes addresses.
/// </summary>
internal static class Printable
{
    private const int ExcerptLength = 40;

    /// <summary>Escapes control characters, and characters that reorder or break a line, as their bytes (<c>\xNN</c>).</summary>
    public static string Text(string text) => Text(Encoding.UTF8.GetBytes(text));

    /// <summary>Decodes UTF-8 and escapes it; invalid bytes are escaped too.</summary>
    public static string Text(ReadOnlySpan<byte> text) => PrintableText.Escape(text);

    /// <summary>Formats the first bytes of a message, escaped and in quotes.</summary>
    public static string Excerpt(ReadOnlySpan<byte> bytes) => bytes.Length > ExcerptLength
        ? $"\"{Text(bytes[..ExcerptLength])}…\""
        : $"\"{Text(bytes)}\"";
}

/// <summary>Formats the name of a process. The process chooses the name itself and must not pass for two: <c>sshd(1) root, x</c>.</summary>
internal static class ProcessName
{
    /// <summary>Quotes a name that contains a separator of processes or columns.</summary>
    public static string Of(UnixSocketProcess process)
    {
        string name = process.Command;
        bool isPlain = !name.AsSpan().ContainsAny("(),\"") && !name.Contains("  ", StringComparison.Ordinal) && name.Trim() == name;
        return isPlain ? name
            : $"\"{name.Replace("\"", "\\x22", StringComparison.Ordinal).Replace("  ", " \\x20", StringComparison.Ordinal)}\"";
    }
}
