using System.CommandLine;
using System.Text;
using Samehost.Addresses;

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

    /// <summary>Reads an address, in which a path may be relative to the working directory.</summary>
    /// <returns>Null and the address, or an error message.</returns>
    public static string? ReadAddress(string text, out UnixEndPoint? endPoint)
    {
        var problem = GetInvalidUtf8(text) is { } bytes
            ? UnixEndPointText.Read(bytes, null, out endPoint)
            : UnixEndPointText.Read(text, out endPoint);
        // A file whose name ends in a blank has no other way to be written.
        if (problem is null || text is not ['/' or '.', ..] || text.EndsWith('/') || !File.Exists(text))
            return problem;
        endPoint = UnixEndPoint.FromPath(Path.Join(text[0] == '/' ? "" : Environment.CurrentDirectory, text));
        return null;
    }

    /// <summary>Gets the bytes of an argument that is not valid UTF-8 from the kernel; null for other text.</summary>
    public static byte[]? GetInvalidUtf8(string text)
    {
        if (!text.Contains(Replacement) || !File.Exists(CommandLine))
            return null;

        // Counted from the end: the dotnet host may have arguments of its own in front.
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
}
