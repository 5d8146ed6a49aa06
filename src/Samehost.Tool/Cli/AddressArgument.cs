using System.CommandLine;
using System.Text;

namespace Samehost.Tool.Cli;

/// <summary>Creates the ADDRESS argument of a command.</summary>
internal static class AddressArgument
{
    public static Argument<ToolAddress> Create(string name, string description, ToolAddressKinds wanted = ToolAddressKinds.Local) =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                if (ToolAddress.Parse(result.Tokens[0].Value, wanted, out var address) is { } problem)
                    result.AddError(problem);
                return address;
            },
        };

    /// <summary>Creates an ADDRESS argument that can be omitted.</summary>
    public static Argument<ToolAddress?> CreateOptional(string name, string description, ToolAddressKinds wanted)
    {
        var argument = Create(name, description, wanted);
        argument.Arity = ArgumentArity.ZeroOrOne;
        return argument!;
    }
}

/// <summary>
/// The command-line arguments as bytes. A name need not be UTF-8, and the runtime replaces invalid bytes by U+FFFD, which would silently be
/// another name.
/// </summary>
internal static class ArgumentBytes
{
    private const char Replacement = '\uFFFD';
    private const string CommandLine = "/proc/self/cmdline";

    /// <summary>Parses an argument that is not valid UTF-8 as an address; returns null when the argument is valid UTF-8.</summary>
    /// <exception cref="ArgumentException">The bytes are not a valid address; the message says why.</exception>
    public static UnixEndPoint? ParseAddress(string text)
    {
        if (!text.Contains(Replacement) || !File.Exists(CommandLine) || GetBytes(text) is not { } bytes)
            return null;
        if (StripPrefix("@"u8, bytes) is { } name || (name = StripPrefix("unix-abstract:"u8, bytes)) is not null)
            return UnixEndPoint.FromAbstractName(name);
        var path = StripPrefix("unix://"u8, bytes) ?? StripPrefix("unix:"u8, bytes) ?? bytes;
        var directory = path is [(byte)'/', ..] ? [] : Encoding.UTF8.GetBytes(Environment.CurrentDirectory + "/");
        return UnixEndPoint.FromPath([.. directory, .. path]);
    }

    /// <summary>
    /// Gets the bytes of an argument from the kernel, counted from the end: the dotnet host may have arguments of its own in front.
    /// </summary>
    private static byte[]? GetBytes(string text)
    {
        byte[][] raw = [.. Split(File.ReadAllBytes(CommandLine))];
        var arguments = Environment.GetCommandLineArgs();
        var place = Array.LastIndexOf(arguments, text);
        var fromEnd = arguments.Length - place;
        var isFound = place >= 0 && fromEnd <= raw.Length;
        return isFound && raw[^fromEnd] is var bytes && !bytes.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(text)) ? bytes : null;
    }

    private static IEnumerable<byte[]> Split(byte[] commandLine)
    {
        var start = 0;
        for (int end; (end = Array.IndexOf(commandLine, (byte)0, start)) >= 0; start = end + 1)
            yield return commandLine[start..end];
    }

    private static byte[]? StripPrefix(ReadOnlySpan<byte> prefix, byte[] bytes) =>
        bytes.AsSpan().StartsWith(prefix) ? bytes[prefix.Length..] : null;
}
