namespace Samehost.AspNetCore.Client;

/// <summary>Names of servers as gRPC and Docker write them.</summary>
internal static class UnixTarget
{
    private const string Scheme = "unix:";

    /// <summary>Reads a name. Beyond what an address is, gRPC has <c>unix:</c> with a path from the working directory.</summary>
    public static UnixEndPoint Parse(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        bool isRelative = target.Length > Scheme.Length && target.StartsWith(Scheme, StringComparison.Ordinal)
            && target[Scheme.Length] != '/' && !target.Contains('\0');
        return UnixEndPoint.Parse(isRelative ? Path.GetFullPath(target[Scheme.Length..]) : target);
    }
}
