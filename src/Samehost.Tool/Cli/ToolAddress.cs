using System.Net.Sockets;
using Samehost.Addresses;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.Tool.Cli;

/// <summary>An address on the command line: a local one, <c>tcp:HOST:PORT</c>, <c>fd:N</c> or <c>systemd:NAME</c>.</summary>
/// <remarks>A file whose name begins like one of these is written with a directory: <c>./tcp:notes</c>.</remarks>
internal sealed class ToolAddress
{
    private const string Tcp = "tcp:";
    private const string Fd = "fd:";
    private const string Systemd = "systemd:";

    private readonly string _text;

    private ToolAddress(ToolAddressKinds kind, string text) => (Kind, _text) = (kind, text);

    /// <summary>The kind of the address; exactly one flag.</summary>
    public ToolAddressKinds Kind { get; }

    /// <summary>The address of a local socket; null for the other kinds.</summary>
    public UnixEndPoint? Local { get; private init; }

    /// <summary>The TCP host name, or its IP address without brackets.</summary>
    public string Host { get; private init; } = "";

    /// <summary>The TCP port, 0 to 65535.</summary>
    public int Port { get; private init; }

    /// <summary>The number in <c>fd:N</c>.</summary>
    public int DescriptorNumber { get; private init; }

    /// <summary>The name in <c>systemd:NAME</c>; empty when it has none.</summary>
    public string Name { get; private init; } = "";

    /// <summary>Formats the address so that it can be typed again, escaped for a terminal.</summary>
    public override string ToString() => Local?.ToString() ?? _text;

    /// <summary>Gets the inherited descriptor of <c>fd:N</c>, which child processes do not inherit from now on.</summary>
    /// <exception cref="ToolException">It is not open.</exception>
    public Descriptor OpenDescriptor()
    {
        var descriptor = new Descriptor(DescriptorNumber, ownsHandle: false);
        return LibcFcntl.SetCloseOnExec(descriptor) >= 0 ? descriptor
            : throw new ToolException($"{this}: no descriptor of this number is open");
    }

    /// <summary>Creates an address of a local socket.</summary>
    public static ToolAddress Of(UnixEndPoint local) => new(ToolAddressKinds.Local, "") { Local = local };

    /// <summary>Returns whether text is meant as the address of a local socket, valid or not.</summary>
    public static bool IsLocal(string text) =>
        !Array.Exists([Tcp, Fd, Systemd], prefix => text.StartsWith(prefix, StringComparison.Ordinal))
        && !ForeignNotation.LooksLikeTcp(text);

    /// <summary>Parses an address. Returns null and the address, or an error message.</summary>
    public static string? Parse(string text, ToolAddressKinds accepted, out ToolAddress? address)
    {
        address = null;
        var problem = text switch
        {
            _ when text.StartsWith(Tcp, StringComparison.Ordinal) => ParseTcp(text, out address),
            _ when text.StartsWith(Fd, StringComparison.Ordinal) => ParseDescriptor(text, out address),
            _ when text.StartsWith(Systemd, StringComparison.Ordinal) => ParseSystemd(text, out address),
            _ when ForeignNotation.LooksLikeTcp(text) => TcpMessage(text, accepted),
            _ => ParseLocal(text, out address),
        };
        if (problem is null && !accepted.HasFlag(address!.Kind))
        {
            problem = NotAcceptedMessage(text, address.Kind, accepted);
            address = null;
        }
        return problem;
    }

    private static string? ParseLocal(string text, out ToolAddress? address)
    {
        address = null;
        if (ArgumentBytes.ReadAddress(text, out var endPoint) is { } problem)
            return ArgumentErrorText.Of(problem);
        address = Of(endPoint!);
        return null;
    }

    private static string TcpMessage(string text, ToolAddressKinds accepted)
    {
        var remedy = accepted.HasFlag(ToolAddressKinds.Tcp)
            ? $": use tcp:{(text[0] == ':' ? "localhost" : "")}{text}"
            : ", which is not accepted here: 'samehost relay' joins TCP to a local socket";
        return $"\"{text}\" looks like an address of TCP{remedy}; a file of that name would be {PrintableText.ForShell($"./{text}")}";
    }

    private static string? ParseTcp(string text, out ToolAddress? address)
    {
        address = null;
        var colon = text.LastIndexOf(':');
        var host = colon > Tcp.Length ? text[Tcp.Length..colon] : "";
        if (host is ['[', .. { } inside, ']'])
            host = inside;
        else if (host.Contains(':', StringComparison.Ordinal))
            return $"\"{text}\" has too many colons: use tcp:HOST:PORT, and an IPv6 address in brackets, tcp:[::1]:8080";
        if (host.StartsWith("//", StringComparison.Ordinal))
            return $"\"{text}\" is a URL: TCP is written tcp:{text[(Tcp.Length + 2)..]}";
        if (host.Length == 0)
            return $"\"{text}\" lacks a host or a port: use tcp:HOST:PORT, for example tcp:127.0.0.1:8080";
        if (!Numbers.TryParse(text.AsSpan(colon + 1), out ushort port))
            return $"\"{text[(colon + 1)..]}\" in \"{text}\" is not a port: use a number from 0 to 65535";
        address = new ToolAddress(ToolAddressKinds.Tcp, text) { Host = host, Port = port };
        return null;
    }

    private static string? ParseDescriptor(string text, out ToolAddress? address)
    {
        address = null;
        if (!Numbers.TryParse(text.AsSpan(Fd.Length), out int number))
            return $"\"{text}\" is not a descriptor: use fd:N, for example fd:3";
        address = new ToolAddress(ToolAddressKinds.Descriptor, text) { DescriptorNumber = number };
        return null;
    }

    private static string? ParseSystemd(string text, out ToolAddress? address)
    {
        address = new ToolAddress(ToolAddressKinds.Systemd, text) { Name = text[Systemd.Length..] };
        return null;
    }

    private static string NotAcceptedMessage(string text, ToolAddressKinds kind, ToolAddressKinds accepted)
    {
        var prefix = kind switch
        {
            ToolAddressKinds.Tcp => "TCP",
            ToolAddressKinds.Descriptor => "A descriptor",
            ToolAddressKinds.Systemd => "A socket from the service manager",
            _ => "A local socket",
        };
        var remedy = kind == ToolAddressKinds.Tcp
            ? "'samehost relay' joins TCP to a local socket"
            : $"a file of that name would be {PrintableText.ForShell($"./{text}")}";
        return $"{prefix} is not accepted here ({text}), but {FormatKinds(accepted)}; {remedy}";
    }

    /// <summary>Lists the allowed forms, for error messages.</summary>
    private static string FormatKinds(ToolAddressKinds accepted)
    {
        List<string> names = [];
        if (accepted.HasFlag(ToolAddressKinds.Local))
            names.Add("a path, @name");
        if (accepted.HasFlag(ToolAddressKinds.Tcp))
            names.Add("tcp:HOST:PORT");
        if (accepted.HasFlag(ToolAddressKinds.Descriptor))
            names.Add("fd:N");
        if (accepted.HasFlag(ToolAddressKinds.Systemd))
            names.Add("systemd:NAME");
        return string.Join(", ", names);
    }
}

/// <summary>The kinds of address; a command names those that it accepts.</summary>
[Flags]
internal enum ToolAddressKinds
{
    /// <summary>A path or an abstract name, in the library's notation.</summary>
    Local = 1,

    /// <summary><c>tcp:HOST:PORT</c>.</summary>
    Tcp = 2,

    /// <summary><c>fd:N</c>, a descriptor that this process inherited.</summary>
    Descriptor = 4,

    /// <summary><c>systemd:</c> or <c>systemd:NAME</c>, a socket passed by a service manager.</summary>
    Systemd = 8,
}

/// <summary>The names of the socket types, as <c>--type</c> takes them.</summary>
internal static class SocketTypeNames
{
    /// <summary>The types of local sockets.</summary>
    public static IReadOnlyList<SocketType> All { get; } = [SocketType.Stream, SocketType.Dgram, SocketType.Seqpacket];

    /// <summary>Gets the name of a type: stream, datagram or seqpacket.</summary>
    public static string ToName(this SocketType type) => type == SocketType.Dgram ? "datagram" : type.ToString().ToLowerInvariant();
}
