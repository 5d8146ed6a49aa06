namespace Samehost.Tool.Listing;

/// <summary>What a row of the list is, in the order in which rows of one name stand.</summary>
internal enum RowState
{
    /// <summary>A socket that takes connections.</summary>
    Listening,

    /// <summary>A bound socket that does not listen: it receives datagrams, or is not ready yet.</summary>
    Bound,

    /// <summary>A client that nobody has accepted yet.</summary>
    Waiting,

    /// <summary>Two ends.</summary>
    Connected,

    /// <summary>One end; the other is closed.</summary>
    HungUp,

    /// <summary>A socket without a name and without a peer.</summary>
    Unbound,

    /// <summary>A file without a socket.</summary>
    Stale,
}
