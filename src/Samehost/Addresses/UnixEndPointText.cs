using System.Text;
using Samehost.Inspection;

namespace Samehost.Addresses;

/// <summary>
/// The text form of addresses: reading, validating and printing. A method that reads or validates returns null if all is well, or else the
/// problem as a sentence that says what to do.
/// </summary>
internal static class UnixEndPointText
{
    /// <summary>The maximum number of bytes in a path for open(2) (PATH_MAX without the NUL).</summary>
    private const int LongestPath = 4095;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> PathScheme => "unix:"u8;

    private static ReadOnlySpan<byte> AbstractScheme => "unix-abstract:"u8;

    /// <summary>Reads every written form of an address.</summary>
    public static string? Read(ReadOnlySpan<char> text, out UnixEndPoint? endPoint) => Read(text, null, out endPoint);

    /// <summary>Reads every written form of an address.</summary>
    /// <param name="text">The text.</param>
    /// <param name="workingDirectory">The directory of relative paths; that of this process when null.</param>
    /// <param name="endPoint">The address.</param>
    public static string? Read(ReadOnlySpan<char> text, string? workingDirectory, out UnixEndPoint? endPoint)
    {
        endPoint = null;
        return Encode(text, out var bytes) ?? Read(bytes, workingDirectory, out endPoint);
    }

    /// <summary>Reads every written form of an address from bytes, which need not be UTF-8.</summary>
    /// <inheritdoc cref="Read(ReadOnlySpan{char}, string?, out UnixEndPoint?)" path="/param"/>
    public static string? Read(ReadOnlySpan<byte> text, string? workingDirectory, out UnixEndPoint? endPoint)
    {
        endPoint = null;
        if (Split(text, out var isAbstract, out var name) is { } problem)
            return problem;
        if (!isAbstract && name is [not (byte)'/', ..])
        {
            if ((workingDirectory ?? CurrentDirectory()) is not { } directory)
                return "The working directory of this process has been removed: write a path from the root.";
            name = (byte[])[.. Encoding.UTF8.GetBytes(directory.TrimEnd('/')), (byte)'/', .. WithoutDot(name)];
        }
        if ((isAbstract ? ProblemWithAbstractName(name) : ProblemWithPath(name)) is { } invalid)
            return invalid;
        endPoint = isAbstract ? UnixEndPoint.FromAbstractName(name) : UnixEndPoint.FromPath(name);
        return null;
    }

    /// <summary>Removes <c>@</c> or the scheme, without validating the name.</summary>
    public static string? Split(ReadOnlySpan<byte> text, out bool isAbstract, out ReadOnlySpan<byte> name)
    {
        isAbstract = true;
        name = default;
        if (text.IsEmpty)
            return "The address is empty: write /run/x.sock, unix:/run/x.sock, @name or unix-abstract:name.";
        if (text.SequenceEqual("@"u8) || text.SequenceEqual(AbstractScheme))
            return "The abstract name is empty: use @NAME.";
        if (ForeignNotation.GetError(text) is { } foreign)
            return foreign;
        if (text[0] == (byte)'@')
        {
            name = text[1..];
            return null;
        }

        if (text.StartsWith(AbstractScheme))
        {
            name = text[AbstractScheme.Length..];
            return null;
        }

        isAbstract = false;
        name = text.StartsWith(PathScheme) ? text[PathScheme.Length..] : text;
        if (name.Length == text.Length || !name.StartsWith("//"u8))
            return null;
        name = name[2..];

        // unix://run/x.sock has a host called "run", which is almost always a forgotten slash.
        return name.IsEmpty || name[0] == (byte)'/' ? null
            : $"\"{PrintableText.Of(text)}\" names a host, and a local socket has none: " +
                $"write unix:/{PrintableText.Of(name)} with one slash or three.";
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
            return $"The path \"{PrintableText.Of(path)}\" is not absolute: start it with /. UnixEndPoint.Parse also reads relative " +
                "paths, and @name as an abstract name.";
        }
        if (path[^1] == (byte)'/')
            return $"The path \"{PrintableText.Of(path)}\" ends in / and so names a directory: add the name of the socket file.";
        return ProblemWithLength("path", path.Length, LongestPath, "use a shorter directory or file name.");
    }

    /// <summary>Validates the bytes of a path that a socket is bound to, which has to fit into an address.</summary>
    public static string? ProblemWithBoundPath(ReadOnlySpan<byte> path) => ProblemWithPath(path)
        ?? ProblemWithLength("path", path.Length, UnixEndPoint.MaxNameLength, "use a shorter directory or file name.");

    /// <summary>Validates the bytes of an abstract name.</summary>
    public static string? ProblemWithAbstractName(ReadOnlySpan<byte> name) =>
        name.IsEmpty
            ? "The abstract name is empty: give a name, or use UnixEndPoint.Autobind to let the kernel pick one."
            : ProblemWithLength("abstract name", name.Length, UnixEndPoint.MaxNameLength, "use a shorter name.");

    /// <summary>Prints an address on one line that is harmless on a terminal and in a log.</summary>
    public static string Print(UnixEndPointKind kind, ReadOnlySpan<byte> name) => kind switch
    {
        UnixEndPointKind.Unnamed => "(unnamed)",
        UnixEndPointKind.Autobind => "(autobind)",
        UnixEndPointKind.Abstract => "@" + PrintableText.Of(name),

        // Another program may have bound a relative path; without the dot a file called "@x" would look like an abstract name.
        _ => name.StartsWith("/"u8) ? PrintableText.Of(name) : "./" + PrintableText.Of(name),
    };

    private static string? ProblemWithLength(string what, int length, int limit, string advice) =>
        length > limit ? $"The {what} is {length} bytes long and the limit is {limit} bytes: {advice}" : null;

    private static ReadOnlySpan<byte> WithoutDot(ReadOnlySpan<byte> path)
    {
        while (path.StartsWith("./"u8))
            path = path[1..].TrimStart((byte)'/');
        return path;
    }

    private static string? CurrentDirectory()
    {
        try
        {
            return Environment.CurrentDirectory;
        }
        catch (IOException)
        {
            return null;
        }
    }

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
