using System.Text;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.Addresses;

/// <summary>
/// Recognizes addresses in the notation of shells, of other programs and of other kinds of socket. As relative paths they would silently be
/// files of odd names; a file that really has such a name is written with <c>./</c> in front.
/// </summary>
internal static class ForeignNotation
{
    /// <summary>The variables whose value is part of a message; others may hold secrets.</summary>
    private static readonly string[] KnownVariables = ["HOME", "XDG_RUNTIME_DIR", "TMPDIR", "PWD"];

    private static readonly string[] DBusKeys = ["path", "abstract", "dir", "tmpdir", "runtime"];

    /// <summary>Gets the problem with a text as a sentence that has the form to write; null for every other text.</summary>
    public static string? GetError(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var shown = $"\"{PrintableText.Of(text)}\"";
        if (text.Length == 0)
            return null;
        if (char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
        {
            return text.Trim() is { Length: > 0 } trimmed
                ? $"{shown} begins or ends with a blank: write {PrintableText.Of(trimmed)}."
                : "The address is blank: write /run/x.sock, unix:/run/x.sock, @name or unix-abstract:name.";
        }
        if (text[0] is '/' or '@' || text.StartsWith("./", StringComparison.Ordinal))
            return null;
        if (text[0] is '"' or '\'' or '`')
        {
            var inner = PrintableText.Of(text.Trim('"', '\'', '`'));
            return $"{PrintableText.Of(text)} is in quotes, which would be part of the name: write {inner}.";
        }
        if (text is "(unnamed)" or "(autobind)")
            return $"{shown} stands for a socket without a name, which cannot be reached.";
        if (LooksLikeTcp(text))
            return $"{shown} looks like an address of TCP, and not of a local socket: a file of that name is ./{PrintableText.Of(text)}.";
        return OfDBus(text) ?? OfSocat(text) ?? OfUrl(text) ?? OfShell(text);
    }

    /// <summary>Whether text has the form HOST:PORT, [ADDRESS]:PORT or :PORT.</summary>
    public static bool LooksLikeTcp(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon >= 0 && Numbers.TryParse(text.AsSpan(colon + 1), out ushort _)
            && text[..colon] is var host && host is not ("unix" or "unix-abstract" or ['@', ..])
            && (host is ['[', .., ']'] || host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '*'));
    }

    /// <summary>D-Bus: <c>unix:path=/run/x,guid=…</c>, with escapes as in URLs.</summary>
    private static string? OfDBus(string text)
    {
        if (After("unix:", text) is not { } rest || rest.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var equals))
            return null;
        var key = rest[..equals];
        if (!DBusKeys.Contains(key, StringComparer.Ordinal))
            return null;
        var value = Uri.UnescapeDataString(rest[(equals + 1)..].Split(',', ';')[0]);
        var form = key switch
        {
            "path" => PrintableText.Of(value),
            "abstract" => "@" + PrintableText.Of(value),
            _ => "the path that the bus listens at",
        };
        return $"\"{PrintableText.Of(text)}\" is an address of D-Bus: write {form}.";
    }

    /// <summary>socat: <c>UNIX-CONNECT:/run/x,option</c>, <c>ABSTRACT-LISTEN:x</c>; <c>local:/run/x</c> of mail filters.</summary>
    private static string? OfSocat(string text)
    {
        if (text.IndexOf(':', StringComparison.Ordinal) is not (> 0 and var colon) || text.AsSpan(colon).StartsWith("://"))
            return null;
        var type = text[..colon];
        var family = type.Split('-')[0].ToUpperInvariant();
        if (type is "unix" or "unix-abstract" || family is not ("UNIX" or "ABSTRACT" or "LOCAL"))
            return null;
        var value = text[(colon + 1)..].Split(',')[0];
        var sign = family == "ABSTRACT" ? "@" : "";
        return $"\"{PrintableText.Of(text)}\" is in another program's notation: write {sign}{PrintableText.Of(value)}.";
    }

    /// <summary>URLs: <c>http+unix://%2Frun%2Fx/path</c>, <c>http://unix:/run/x:/path</c>, <c>file:///run/x</c>, and others.</summary>
    private static string? OfUrl(string text)
    {
        var delimiter = text.IndexOf("://", StringComparison.Ordinal);
        if (delimiter < 1 || !text[..delimiter].All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.'))
            return null;
        var (scheme, rest) = (text[..delimiter].ToLowerInvariant(), text[(delimiter + 3)..]);
        if (scheme is "unix" && !rest.StartsWith("%2F", StringComparison.OrdinalIgnoreCase))
            return null;
        var authority = rest.Split('/', '?')[0];
        var form = true switch
        {
            _ when authority.Contains("%2F", StringComparison.OrdinalIgnoreCase) => PrintableText.Of(Uri.UnescapeDataString(authority)),
            _ when After("unix:/", rest) is { } path => PrintableText.Of("/" + path.Split(':')[0]),
            _ when rest.StartsWith('/') && (scheme is "file" || scheme.Contains("unix", StringComparison.Ordinal)) =>
                PrintableText.Of(rest),
            _ => "the path of the socket, or @name",
        };
        return $"\"{PrintableText.Of(text)}\" is a URL: write {form}.";
    }

    /// <summary>What only a shell replaces: <c>~/x</c>, <c>~user/x</c>, <c>$NAME/x</c>, <c>${NAME}/x</c>.</summary>
    private static string? OfShell(string text)
    {
        var path = After("unix://", text) ?? After("unix:", text) ?? text;
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var (first, rest) = slash < 0 ? (path, "") : (path[..slash], path[slash..]);
        if (first == "~" || (first.StartsWith('~') && slash > 0))
        {
            var home = first == "~" ? Environment.GetEnvironmentVariable("HOME") : null;
            return $"\"{PrintableText.Of(text)}\" begins with {PrintableText.Of(first)}, which only a shell replaces: "
                + (home is ['/', ..] ? $"write {PrintableText.Of(home.TrimEnd('/') + rest)}." : "write the path of that directory.");
        }
        if (!first.StartsWith('$'))
            return null;
        var name = first[1..].Trim('{', '}');
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            return null;
        var value = KnownVariables.Contains(name, StringComparer.Ordinal) ? Environment.GetEnvironmentVariable(name) : null;
        return $"\"{PrintableText.Of(text)}\" begins with a variable, which only a shell replaces: "
            + (value is ['/', ..] ? $"write {PrintableText.Of(value.TrimEnd('/') + rest)}." : $"write the value of {name}.");
    }

    private static string? After(string prefix, string text) =>
        text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;
}
