namespace Samehost.Http;

/// <summary>Parses the addresses of local sockets that HTTP clients and servers are configured with.</summary>
/// <remarks>Samehost.AspNetCore compiles this file as well, so that a client and a server read the same text the same way.</remarks>
internal static class LocalAddressParser
{
    private const string PathPrefix = "unix:";
    private const string AbstractPrefix = "unix-abstract:";

    /// <summary>Parses the target of a client: an address, or a URL as Kestrel writes it.</summary>
    /// <exception cref="FormatException">The text does not name a local socket.</exception>
    public static UnixEndPoint Parse(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var (scheme, rest) = SplitScheme(target);
        if (IsHttp(scheme) && rest.StartsWith("unix:/", StringComparison.Ordinal))
        {
            var path = rest[PathPrefix.Length..];
            if (path.Contains(':')) // begins the path base in Kestrel's URLs
                throw new FormatException($"\"{target}\" has a colon after the path: write \"unix:/run/x.sock\".");
            return UnixEndPoint.Parse(path.StartsWith("/@", StringComparison.Ordinal) ? path[1..] : path); // see FromUrlPath
        }

        return UnixEndPoint.Parse(target);
    }

    /// <summary>Converts the path of an <c>http://unix:</c> URL to an address.</summary>
    /// <remarks>A path that begins with <c>/@</c> means an abstract name, for which these URLs have no other place; <c>//@name</c> is
    /// the file.</remarks>
    public static UnixEndPoint FromUrlPath(UnixEndPoint path) =>
        path.Kind == UnixEndPointKind.Pathname && path.NameBytes.Span.StartsWith("/@"u8)
            ? UnixEndPoint.FromAbstractName(path.NameBytes.Span[2..])
            : path;

    /// <summary>Explains why Kestrel reads an address that means a local socket as something else.</summary>
    /// <remarks>Kestrel listens on all TCP addresses where it cannot parse the host: <c>http://unix:@name</c> and
    /// <c>http://unix:app.sock</c> open port 80.</remarks>
    /// <returns>A sentence with the form to write, or <see langword="null"/> for every other address.</returns>
    public static string? ExplainMisreading(string address)
    {
        var (scheme, rest) = SplitScheme(address);
        var name = IsHttp(scheme) ? FindMisreadName(rest) : FindName(scheme, rest);
        if (name is null)
            return null;
        var http = scheme.StartsWith("https", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        var tcp = rest.Length > PathPrefix.Length && rest[PathPrefix.Length..].All(char.IsAsciiDigit)
            ? $", or \"{http}://*:{rest[PathPrefix.Length..]}\" for TCP" : "";
        return $"The address \"{address}\" means a local socket, and Kestrel does not read it as one: write {FormatUrl(http, name)}{tcp}.";
    }

    /// <summary>Finds the path or abstract name in what follows <c>http://</c>, where Kestrel reads it as something else.</summary>
    private static string? FindMisreadName(string rest)
    {
        if (rest.StartsWith("unix:/", StringComparison.Ordinal))
        {
            // Kestrel computes a length of -1 and throws.
            return rest.EndsWith('/') && rest.IndexOf(':', PathPrefix.Length) < 0 ? rest[PathPrefix.Length..] : null;
        }

        if (rest.StartsWith(PathPrefix, StringComparison.OrdinalIgnoreCase))
            return rest[PathPrefix.Length..];
        var end = rest.IndexOf('/', StringComparison.Ordinal);
        var host = end < 0 ? rest : rest[..end];
        if (host.Equals("unix", StringComparison.OrdinalIgnoreCase) || host.Length == 0)
            return rest[host.Length..];
        if (host.Contains("%2F", StringComparison.OrdinalIgnoreCase))
            return Uri.UnescapeDataString(host);
        if (host[0] == '@')
            return rest;
        if (host.IndexOf(":@", StringComparison.Ordinal) is >= 0 and var at)
            return rest[(at + 1)..]; // ASPNETCORE_HTTP_PORTS becomes http://*:@name
        return host[0] is '.' or '~' || IsSocketFile(rest) ? rest : null;
    }

    /// <summary>Finds the path or abstract name in an address whose scheme is not HTTP's.</summary>
    private static string? FindName(string scheme, string rest)
    {
        if (scheme.Contains("unix", StringComparison.OrdinalIgnoreCase))
            return rest.Contains("%2F", StringComparison.OrdinalIgnoreCase) ? Uri.UnescapeDataString(rest.Split('/')[0]) : rest;
        if (scheme.Length > 0)
            return null;
        if (rest.StartsWith(AbstractPrefix, StringComparison.OrdinalIgnoreCase))
            return $"@{rest[AbstractPrefix.Length..]}";
        if (rest.StartsWith(PathPrefix, StringComparison.OrdinalIgnoreCase))
            return rest[PathPrefix.Length..];
        return rest.Length > 0 && rest[0] is '/' or '@' or '.' or '~' || IsSocketFile(rest) ? rest : null;
    }

    private static string FormatUrl(string http, string name)
    {
        name = name.TrimEnd('/');
        if (name.Length > 0 && name[0] is not ('/' or '@' or '~'))
            name = Path.GetFullPath(name);
        if (name.Contains(':', StringComparison.Ordinal) || !UnixEndPoint.TryParse(name, out var endPoint))
            return $"\"{http}://unix:/absolute/path\", or \"{http}://unix:/@name\" for an abstract name";
        return endPoint.Kind == UnixEndPointKind.Abstract ? $"\"{http}://unix:/{name}\"" : $"\"{http}://unix:{name}\"";
    }

    private static (string Scheme, string Remainder) SplitScheme(string address)
    {
        var delimiter = address.IndexOf(Uri.SchemeDelimiter, StringComparison.Ordinal);
        return delimiter < 0 ? ("", address) : (address[..delimiter], address[(delimiter + Uri.SchemeDelimiter.Length)..]);
    }

    private static bool IsHttp(string scheme) =>
        scheme.Equals("http", StringComparison.OrdinalIgnoreCase) || scheme.Equals("https", StringComparison.OrdinalIgnoreCase);

    private static bool IsSocketFile(string text) =>
        text.EndsWith(".sock", StringComparison.OrdinalIgnoreCase) || text.EndsWith(".socket", StringComparison.OrdinalIgnoreCase);
}
