using System.Text;
using Samehost.Inspection;

namespace Samehost.Addresses;

/// <summary>
/// The text form of addresses: reading, validating and printing. A method that reads or validates returns null if all is well, or else the
/// problem as a sentence that says what to do.
/// </summary>
internal static class UnixEndPointText
{
    private const string PathScheme = "unix:";
    private const string AbstractScheme = "unix-abstract:";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads every written form of an address.</summary>
    public static string? Read(ReadOnlySpan<char> text, out UnixEndPoint? endPoint)
    {
        endPoint = null;
        if (text.IsEmpty)
            return "The address is empty: write /run/x.sock, unix:/run/x.sock, @name or unix-abstract:name.";
        if (text[0] == '@')
            return ReadAbstractName(text[1..], out endPoint);
        if (text.StartsWith(AbstractScheme, StringComparison.Ordinal))
            return ReadAbstractName(text[AbstractScheme.Length..], out endPoint);
        if (text.StartsWith(PathScheme, StringComparison.Ordinal))
            return ReadUri(text[PathScheme.Length..], out endPoint);
        return ReadPath(text, out endPoint);
    }

    /// <summary>Reads a path.</summary>
    public static string? ReadPath(ReadOnlySpan<char> path, out UnixEndPoint? endPoint)
    {
        endPoint = null;
        if ((Encode(path, out var bytes) ?? ProblemWithPath(bytes)) is { } problem)
            return problem;
        endPoint = UnixEndPoint.FromPath(bytes);
        return null;
    }

    /// <summary>Reads an abstract name, without the <c>@</c> that it is printed with.</summary>
    public static string? ReadAbstractName(ReadOnlySpan<char> name, out UnixEndPoint? endPoint)
    {
        endPoint = null;
        if ((Encode(name, out var bytes) ?? ProblemWithAbstractName(bytes)) is { } problem)
            return problem;
        endPoint = UnixEndPoint.FromAbstractName(bytes);
        return null;
    }

    /// <summary>Validates the bytes of a path.</summary>
    public static string? ProblemWithPath(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
            return "The path is empty: give an absolute path such as /run/user/1000/app.sock.";
        if (path.Contains((byte)0))
            return "The path contains a NUL, where the kernel would cut it off: remove it.";
        if (path[0] != (byte)'/')
        {
            return $"The path \"{PrintableText.Of(path)}\" is not absolute: start it with /, " +
                "for example by Path.GetFullPath, or write @name for an abstract name.";
        }
        if (path[^1] == (byte)'/')
            return $"The path \"{PrintableText.Of(path)}\" ends in / and so names a directory: add the name of the socket file.";
        return ProblemWithLength("path", path.Length, "use a shorter directory or file name.");
    }

    /// <summary>Validates the bytes of an abstract name.</summary>
    public static string? ProblemWithAbstractName(ReadOnlySpan<byte> name) =>
        name.IsEmpty
            ? "The abstract name is empty: give a name, or use UnixEndPoint.Autobind to let the kernel pick one."
            : ProblemWithLength("abstract name", name.Length, "use a shorter name.");

    /// <summary>Prints an address on one line that is harmless on a terminal and in a log.</summary>
    public static string Print(UnixEndPointKind kind, ReadOnlySpan<byte> name) => kind switch
    {
        UnixEndPointKind.Unnamed => "(unnamed)",
        UnixEndPointKind.Autobind => "(autobind)",
        UnixEndPointKind.Abstract => "@" + PrintableText.Of(name),

        // Another program may have bound a relative path; without the dot a file called "@x" would look like an abstract name.
        _ => name.StartsWith("/"u8) ? PrintableText.Of(name) : "./" + PrintableText.Of(name),
    };

    private static string? ReadUri(ReadOnlySpan<char> rest, out UnixEndPoint? endPoint)
    {
        if (!rest.StartsWith("//", StringComparison.Ordinal))
            return ReadPath(rest, out endPoint);

        // unix://run/x.sock has a host called "run", which is almost always a forgotten slash.
        if (rest.Length == 2 || rest[2] == '/')
            return ReadPath(rest[2..], out endPoint);
        endPoint = null;
        return $"\"unix:{PrintableText.Of(rest.ToString())}\" names a host, and a local socket has none: " +
            $"write unix:/{PrintableText.Of(rest[2..].ToString())} with one slash or three.";
    }

    private static string? ProblemWithLength(string what, int length, string advice) =>
        length > UnixEndPoint.MaxNameLength
            ? $"The {what} is {length} bytes long and the limit is {UnixEndPoint.MaxNameLength} bytes: {advice}"
            : null;

    private static string? Encode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        try
        {
            bytes = new byte[StrictUtf8.GetByteCount(text)];
            StrictUtf8.GetBytes(text, bytes);
            return null;
        }
        catch (EncoderFallbackException)
        {
            bytes = [];
            return "The text has half a surrogate pair, which has no bytes: pass the exact bytes to FromPath or FromAbstractName instead.";
        }
    }
}
