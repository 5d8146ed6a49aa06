using System.CommandLine;
using System.Text;

namespace Samehost.Tool.Cli;

/// <summary>The ADDRESS of a command.</summary>
internal static class AddressArgument
{
    public static Argument<ToolAddress> Create(string name, string description, ToolAddressKinds wanted = ToolAddressKinds.Local) =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                if (ToolAddress.Read(result.Tokens[0].Value, wanted, out var address) is { } problem)
                    result.AddError(problem);
                return address;
            },
        };

    /// <summary>As <see cref="Create"/>, for one that may be left out.</summary>
    public static Argument<ToolAddress?> CreateOptional(string name, string description, ToolAddressKinds wanted)
    {
        Argument<ToolAddress> argument = Create(name, description, wanted);
        argument.Arity = ArgumentArity.ZeroOrOne;
        return argument!;
    }
}

/// <summary>
/// What was typed, byte by byte. A name need not be UTF-8, and the runtime puts U+FFFD in the place of what is not: that would be another
/// name, and nothing would tell.
/// </summary>
internal static class ArgumentBytes
{
    private const char Replacement = '\uFFFD';
    private const string CommandLine = "/proc/self/cmdline";

    /// <summary>The address that an argument is if it is not UTF-8; null when it is.</summary>
    /// <exception cref="ArgumentException">It cannot be one; the message says why.</exception>
    public static UnixEndPoint? AddressOf(string text)
    {
        if (!text.Contains(Replacement) || !File.Exists(CommandLine) || BytesOf(text) is not { } bytes)
            return null;
        if (After("@"u8, bytes) is { } name || (name = After("unix-abstract:"u8, bytes)) is not null)
            return UnixEndPoint.FromAbstractName(name);
        byte[] path = After("unix://"u8, bytes) ?? After("unix:"u8, bytes) ?? bytes;
        byte[] directory = path is [(byte)'/', ..] ? [] : Encoding.UTF8.GetBytes(Environment.CurrentDirectory + "/");
        return UnixEndPoint.FromPath([.. directory, .. path]);
    }

    /// <summary>The argument as the kernel has it: in front of it there can be more, when the tool is run by dotnet.</summary>
    private static byte[]? BytesOf(string text)
    {
        byte[][] raw = [.. Split(File.ReadAllBytes(CommandLine))];
        string[] arguments = Environment.GetCommandLineArgs();
        int place = Array.LastIndexOf(arguments, text);
        int fromEnd = arguments.Length - place;
        bool isThere = place >= 0 && fromEnd <= raw.Length;
        return isThere && raw[^fromEnd] is var bytes && !bytes.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(text)) ? bytes : null;
    }

    private static IEnumerable<byte[]> Split(byte[] commandLine)
    {
        int start = 0;
        for (int end; (end = Array.IndexOf(commandLine, (byte)0, start)) >= 0; start = end + 1)
            yield return commandLine[start..end];
    }

    private static byte[]? After(ReadOnlySpan<byte> prefix, byte[] bytes) =>
        bytes.AsSpan().StartsWith(prefix) ? bytes[prefix.Length..] : null;
}
