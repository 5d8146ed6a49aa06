using System.Text;

namespace Samehost.Addresses;

/// <summary>Reads the written forms. Each method returns null and the address, or the problem as a sentence that says what to do.</summary>
internal static class UnixEndPointParser
{
    private const string PathScheme = "unix:";
    private const string AbstractScheme = "unix-abstract:";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string? Read(string text, out UnixEndPoint? endPoint)
    {
        endPoint = null;
        if (text.Length == 0)
            return "The address is empty: write /run/x.sock, unix:/run/x.sock, @name or unix-abstract:name.";
        if (text[0] == '@')
            return AbstractName(text[1..], out endPoint);
        if (text.StartsWith(AbstractScheme, StringComparison.Ordinal))
            return AbstractName(text[AbstractScheme.Length..], out endPoint);
        if (text.StartsWith(PathScheme, StringComparison.Ordinal))
            return UriPath(text[PathScheme.Length..], out endPoint);
        return Path(text, out endPoint);
    }

    public static string? Path(string path, out UnixEndPoint? endPoint)
    {
        endPoint = null;
        if (Encode(path, out byte[] bytes) is { } problem)
            return problem;
        problem = UnixEndPointRules.ProblemWithPath(bytes);
        endPoint = problem is null ? UnixEndPoint.FromPath(bytes) : null;
        return problem;
    }

    public static string? AbstractName(string name, out UnixEndPoint? endPoint)
    {
        endPoint = null;
        if (Encode(name, out byte[] bytes) is { } problem)
            return problem;
        problem = UnixEndPointRules.ProblemWithAbstractName(bytes);
        endPoint = problem is null ? UnixEndPoint.FromAbstractName(bytes) : null;
        return problem;
    }

    private static string? UriPath(string rest, out UnixEndPoint? endPoint)
    {
        if (!rest.StartsWith("//", StringComparison.Ordinal))
            return Path(rest, out endPoint);

        // unix://run/x.sock has a host called "run": almost always a forgotten slash, never something we could mean.
        if (rest.Length == 2 || rest[2] == '/')
            return Path(rest[2..], out endPoint);
        endPoint = null;
        return $"\"unix:{UnixEndPointPrinter.Escape(Encoding.UTF8.GetBytes(rest))}\" names a host, and a local socket has none: " +
            $"write unix:/{UnixEndPointPrinter.Escape(Encoding.UTF8.GetBytes(rest[2..]))} with one slash or three.";
    }

    private static string? Encode(string text, out byte[] bytes)
    {
        try
        {
            bytes = StrictUtf8.GetBytes(text);
            return null;
        }
        catch (EncoderFallbackException)
        {
            bytes = [];
            return "The text has half a surrogate pair, which has no bytes: pass the exact bytes to FromPath or FromAbstractName instead.";
        }
    }
}
