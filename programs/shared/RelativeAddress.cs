namespace Samehost.Programs;

/// <summary>Resolves relative paths against the working directory; the library accepts only absolute ones.</summary>
internal static class RelativeAddress
{
    /// <summary>Makes a relative path absolute; all other forms of an address stay as they are.</summary>
    public static string Resolve(string address)
    {
        var isRelative = address.Length > 0 && address[0] is not ('/' or '@')
            && !address.StartsWith("unix:", StringComparison.Ordinal) && !address.StartsWith("unix-abstract:", StringComparison.Ordinal);
        return isRelative ? Path.Join(Environment.CurrentDirectory, address) : address;
    }
}
