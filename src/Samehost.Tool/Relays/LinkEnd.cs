namespace Samehost.Tool.Relays;

/// <summary>What passed through a link, and how it ended.</summary>
/// <param name="ToServer">Bytes.</param>
/// <param name="ToClient">Bytes.</param>
/// <param name="Descriptors">How many, both ways.</param>
/// <param name="Failure">Why it was cut off; none when it ended in order.</param>
/// <param name="ClientFailed">The client's side was cut off, and not the server's.</param>
/// <param name="Stopped">The relay itself has ended.</param>
internal sealed record LinkEnd(long ToServer, long ToClient, long Descriptors, Errno Failure, bool ClientFailed, bool Stopped)
{
    /// <summary>There was no server for it.</summary>
    public bool WasUnreachable { get; private init; }

    public static LinkEnd Unreachable(Errno errno) => new(0, 0, 0, errno, false, false) { WasUnreachable = true };

    public override string ToString()
    {
        string amounts = $"{ToServer} bytes to the server, {ToClient} to the client" + Descriptors switch
        {
            0 => "",
            1 => ", 1 descriptor",
            _ => $", {Descriptors} descriptors",
        };
        string who = ClientFailed ? "client" : "server";
        return Failure switch
        {
            Errno.None => $"ended: {amounts}",
            Errno.ECONNRESET => $"was reset by the {who}: {amounts}",
            _ when WasUnreachable => "was closed",
            Errno.EOPNOTSUPP => $"was cut off: its {who} sent a descriptor, which TCP cannot carry; {amounts}",
            Errno.EPERM => $"was cut off: its {who} refuses descriptors; {amounts}",
            Errno.EMFILE => $"was cut off: no room for a descriptor that its {who} sent; {amounts}",
            _ => $"was cut off on the {who}'s side ({Failure}): {amounts}",
        };
    }
}
