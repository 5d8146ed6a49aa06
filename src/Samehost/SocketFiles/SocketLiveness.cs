namespace Samehost.SocketFiles;

/// <summary>Whether a socket is bound to a socket file.</summary>
internal enum SocketLiveness
{
    /// <summary>It cannot be known, so the file is treated as somebody's.</summary>
    Unclear,

    /// <summary>None is: its owner is gone.</summary>
    Stale,

    /// <summary>One is.</summary>
    Live,
}
