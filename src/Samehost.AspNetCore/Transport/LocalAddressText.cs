namespace Samehost.AspNetCore.Transport;

/// <summary>
/// Recognizes configured addresses that mean a local socket and that Kestrel does not read as one. It listens on all TCP addresses where
/// it cannot make sense of a host: <c>http://unix:@name</c> and <c>http://unix:app.sock</c> open port 80.
/// </summary>
internal static class LocalAddressText
{
    private const string Prefix = "unix:";
    private const string AbstractPrefix = "unix-abstract:";

    /// <summary>What is wrong with an address that means a local socket, and the form to write; null for every other address.</summary>
    public static string? ProblemWith(string address)
    {
        int delimiter = address.IndexOf(Uri.SchemeDelimiter, StringComparison.Ordinal);
        string scheme = delimiter < 0 ? "" : address[..delimiter];
        string rest = delimiter < 0 ? address : address[(delimiter + Uri.SchemeDelimiter.Length)..];
        string? name = IsHttp(scheme) ? NameInHost(rest) : NameOf(scheme, rest);
        if (name is null)
            return null;
        string http = scheme.StartsWith("https", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        string tcp = rest.Length > Prefix.Length && rest[Prefix.Length..].All(char.IsAsciiDigit)
            ? $", or \"{http}://*:{rest[Prefix.Length..]}\" for TCP" : "";
        return $"The address \"{address}\" means a local socket, and Kestrel does not read it as one: write {Form(http, name)}{tcp}.";
    }

    /// <summary>The local name in what follows <c>http://</c>, where Kestrel reads it as anything else than that name.</summary>
    private static string? NameInHost(string rest)
    {
        if (rest.StartsWith("unix:/", StringComparison.Ordinal))
        {
            // Kestrel fails with a length of -1.
            return rest.EndsWith('/') && rest.IndexOf(':', Prefix.Length) < 0 ? rest[Prefix.Length..] : null;
        }

        if (rest.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return rest[Prefix.Length..];
        int end = rest.IndexOf('/', StringComparison.Ordinal);
        string host = end < 0 ? rest : rest[..end];
        if (host.Equals("unix", StringComparison.OrdinalIgnoreCase) || host.Length == 0)
            return rest[host.Length..];
        if (host.Contains("%2F", StringComparison.OrdinalIgnoreCase))
            return Uri.UnescapeDataString(host);
        if (host[0] == '@')
            return rest;
        if (host.IndexOf(":@", StringComparison.Ordinal) is >= 0 and var at)
            return rest[(at + 1)..]; // as a list of ports names it
        return host[0] is '.' or '~' || IsSocketFile(rest) ? rest : null;
    }

    private static string? NameOf(string scheme, string rest)
    {
        if (scheme.Contains("unix", StringComparison.OrdinalIgnoreCase))
            return rest.Contains("%2F", StringComparison.OrdinalIgnoreCase) ? Uri.UnescapeDataString(rest.Split('/')[0]) : rest;
        if (scheme.Length > 0)
            return null;
        if (rest.StartsWith(AbstractPrefix, StringComparison.OrdinalIgnoreCase))
            return $"@{rest[AbstractPrefix.Length..]}";
        if (rest.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return rest[Prefix.Length..];
        return rest.Length > 0 && rest[0] is '/' or '@' or '.' or '~' || IsSocketFile(rest) ? rest : null;
    }

    private static string Form(string http, string name)
    {
        name = name.TrimEnd('/');
        string? form = name switch
        {
            "" or "@" or ['~', ..] => null,
            ['@', ..] => $"/{name}",
            ['/', ..] => name,
            _ => Path.GetFullPath(name),
        };
        return form is null || form.Contains(':', StringComparison.Ordinal)
            ? $"\"{http}://unix:/absolute/path\", or \"{http}://unix:/@name\" for an abstract name"
            : $"\"{http}://unix:{form}\"";
    }

    private static bool IsHttp(string scheme) =>
        scheme.Equals("http", StringComparison.OrdinalIgnoreCase) || scheme.Equals("https", StringComparison.OrdinalIgnoreCase);

    private static bool IsSocketFile(string text) =>
        text.EndsWith(".sock", StringComparison.OrdinalIgnoreCase) || text.EndsWith(".socket", StringComparison.OrdinalIgnoreCase);
}
