namespace Samehost;

/// <summary>The four kinds of address that a local socket can have (unix(7)).</summary>
public enum UnixEndPointKind
{
    /// <summary>No name: a socket that was never bound, as the connecting side usually is.</summary>
    Unnamed,

    /// <summary>A file in the file system, with an owner and a mode.</summary>
    Pathname,

    /// <summary>A name in the kernel's table of the network namespace: no file, no permissions, gone with its socket.</summary>
    Abstract,

    /// <summary>For binding only: the kernel picks a free abstract name.</summary>
    Autobind,
}
