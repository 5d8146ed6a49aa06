namespace Samehost.Addresses;

/// <summary>What bytes can be a path or an abstract name; each answer is null (fine) or a sentence that says what to do.</summary>
internal static class UnixEndPointRules
{
    public static string? ProblemWithPath(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
            return "The path is empty: give an absolute path such as /run/user/1000/app.sock.";
        if (path.Contains((byte)0))
            return "The path contains a NUL, where the kernel would cut it off: remove it.";
        if (path[0] != (byte)'/')
            return $"The path \"{UnixEndPointPrinter.Escape(path)}\" is not absolute: start it with /, " +
                "for example by Path.GetFullPath, or write @name for an abstract name.";
        if (path[^1] == (byte)'/')
            return $"The path \"{UnixEndPointPrinter.Escape(path)}\" ends in / and so names a directory: add the name of the socket file.";
        return TooLong("path", path.Length, "use a shorter directory or file name.");
    }

    public static string? ProblemWithAbstractName(ReadOnlySpan<byte> name) =>
        name.IsEmpty
            ? "The abstract name is empty: give a name, or use UnixEndPoint.Autobind to let the kernel pick one."
            : TooLong("abstract name", name.Length, "use a shorter name.");

    private static string? TooLong(string what, int length, string advice) =>
        length > UnixEndPoint.MaxNameLength
            ? $"The {what} is {length} bytes long and the limit is {UnixEndPoint.MaxNameLength} bytes: {advice}"
            : null;
}
