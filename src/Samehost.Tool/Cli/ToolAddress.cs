using Samehost.Interop;

namespace Samehost.Tool.Cli;

/// <summary>An address as it is typed: a local one, <c>tcp:HOST:PORT</c>, <c>fd:N</c> or <c>systemd:NAME</c>.</summary>
/// <remarks>A file whose name begins like one of these is written with a directory: <c>./tcp:notes</c>.</remarks>
internal sealed class ToolAddress
{
    private const string Tcp = "tcp:";
    private const string Fd = "fd:";
    private const string Systemd = "systemd:";

    private readonly string _text;

    private ToolAddress(ToolAddressKinds kind, string text) => (Kind, _text) = (kind, text);

    /// <summary>Which one it is; exactly one flag.</summary>
    public ToolAddressKinds Kind { get; }

    /// <summary>The address of a local socket; null for the others.</summary>
    public UnixEndPoint? Local { get; private init; }

    /// <summary>Of TCP: a name or a number without brackets.</summary>
    public string Host { get; private init; } = "";

    /// <summary>Of TCP: 0 to 65535.</summary>
    public int Port { get; private init; }

    /// <summary>Of <c>fd:N</c>: the number.</summary>
    public int Descriptor { get; private init; }

    /// <summary>Of <c>systemd:NAME</c>: the name; empty when none was given.</summary>
    public string Name { get; private init; } = "";

    /// <summary>Something to type again, harmless on a terminal.</summary>
    public override string ToString() => Local?.ToString() ?? _text;

    /// <summary>An address of a local socket.</summary>
    public static ToolAddress Of(UnixEndPoint local) => new(ToolAddressKinds.Local, "") { Local = local };

    /// <summary>Reads what the user typed: null and the address, or the problem as a sentence.</summary>
    public static string? Read(string text, ToolAddressKinds wanted, out ToolAddress? address)
    {
        address = null;
        string? problem = text switch
        {
            _ when text.StartsWith(Tcp, StringComparison.Ordinal) => ReadTcp(text, out address),
            _ when text.StartsWith(Fd, StringComparison.Ordinal) => ReadDescriptor(text, out address),
            _ when text.StartsWith(Systemd, StringComparison.Ordinal) => ReadSystemd(text, out address),
            _ => ReadLocal(text, out address),
        };
        if (problem is null && !wanted.HasFlag(address!.Kind))
        {
            problem = Unwanted(text, address.Kind, wanted);
            address = null;
        }
        return problem;
    }

    private static string? ReadLocal(string text, out ToolAddress? address)
    {
        address = null;
        if (text is "@" or "unix-abstract:")
            return "The abstract name is empty: write @NAME"; // the library would speak of names that the kernel chooses
        try
        {
            address = Of(ArgumentBytes.AddressOf(text) ?? UnixEndPoint.Parse(Absolute(text)));
            return null;
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            return ArgumentProblem.Of(error);
        }
    }

    /// <summary>A relative path counts from the working directory, as for every other program.</summary>
    private static string Absolute(string text)
    {
        bool isRelative = text.Length > 0 && text[0] is not ('/' or '@')
            && !text.StartsWith("unix:", StringComparison.Ordinal) && !text.StartsWith("unix-abstract:", StringComparison.Ordinal);
        return isRelative ? Path.Join(Environment.CurrentDirectory, text) : text;
    }

    private static string? ReadTcp(string text, out ToolAddress? address)
    {
        address = null;
        int colon = text.LastIndexOf(':');
        string host = colon > Tcp.Length ? text[Tcp.Length..colon] : "";
        if (host is ['[', .. { } inside, ']'])
            host = inside;
        else if (host.Contains(':', StringComparison.Ordinal))
            return $"\"{text}\" has too many colons: write tcp:HOST:PORT, and an IPv6 address in brackets, tcp:[::1]:8080";
        if (host.Length == 0)
            return $"\"{text}\" lacks a host or a port: write tcp:HOST:PORT, for example tcp:127.0.0.1:8080";
        if (!Numbers.TryParse(text.AsSpan(colon + 1), out ushort port))
            return $"\"{text[(colon + 1)..]}\" in \"{text}\" is no port: write a number from 0 to 65535";
        address = new ToolAddress(ToolAddressKinds.Tcp, text) { Host = host, Port = port };
        return null;
    }

    private static string? ReadDescriptor(string text, out ToolAddress? address)
    {
        address = null;
        if (!Numbers.TryParse(text.AsSpan(Fd.Length), out int number))
            return $"\"{text}\" names no descriptor: write fd:N, for example fd:3";
        address = new ToolAddress(ToolAddressKinds.Descriptor, text) { Descriptor = number };
        return null;
    }

    private static string? ReadSystemd(string text, out ToolAddress? address)
    {
        address = new ToolAddress(ToolAddressKinds.Systemd, text) { Name = text[Systemd.Length..] };
        return null;
    }

    private static string Unwanted(string text, ToolAddressKinds kind, ToolAddressKinds wanted)
    {
        string prefix = kind switch
        {
            ToolAddressKinds.Tcp => "TCP",
            ToolAddressKinds.Descriptor => "A descriptor",
            ToolAddressKinds.Systemd => "A socket from the service manager",
            _ => "A local socket",
        };
        string remedy = kind == ToolAddressKinds.Tcp
            ? "'samehost relay' joins TCP to a local socket"
            : $"a file of that name would be ./{text}";
        return $"{prefix} is not taken here ({text}), but {Names(wanted)}; {remedy}";
    }

    /// <summary>What may be typed, for errors and help.</summary>
    private static string Names(ToolAddressKinds wanted)
    {
        List<string> names = [];
        if (wanted.HasFlag(ToolAddressKinds.Local))
            names.Add("a path, @name");
        if (wanted.HasFlag(ToolAddressKinds.Tcp))
            names.Add("tcp:HOST:PORT");
        if (wanted.HasFlag(ToolAddressKinds.Descriptor))
            names.Add("fd:N");
        if (wanted.HasFlag(ToolAddressKinds.Systemd))
            names.Add("systemd:NAME");
        return string.Join(", ", names);
    }
}

/// <summary>The kinds of address that a command takes; what it takes none of is refused with a sentence that says so.</summary>
[Flags]
internal enum ToolAddressKinds
{
    /// <summary>A path or an abstract name, as the library writes them.</summary>
    Local = 1,

    /// <summary><c>tcp:HOST:PORT</c>.</summary>
    Tcp = 2,

    /// <summary><c>fd:N</c>, a descriptor that whoever started the command left open for it.</summary>
    Descriptor = 4,

    /// <summary><c>systemd:</c> or <c>systemd:NAME</c>, a socket that a service manager passes.</summary>
    Systemd = 8,
}

/// <summary>What <c>--type</c> names (socket(2)); the numbers are the kernel's.</summary>
internal enum SocketKind
{
    Stream = 1,
    Datagram = 2,
    Seqpacket = 5,
}
