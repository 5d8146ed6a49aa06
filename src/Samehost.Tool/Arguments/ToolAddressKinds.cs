namespace Samehost.Tool.Arguments;

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
