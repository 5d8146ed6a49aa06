using Samehost.Tool.Interop;

namespace Samehost.Tool.Relay;

/// <summary>A client's connection and the one to the server for it, as one.</summary>
internal sealed class RelayLink(int number, RelayPump toServer, RelayPump toClient)
{
    private readonly TaskCompletionSource<RelayLinkResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Number => number;

    public RelayPump ToServer => toServer;

    public RelayPump ToClient => toClient;

    public RelaySocket Client => toServer.Source;

    public RelaySocket Server => toServer.Sink;

    /// <summary>Ends when nothing more can pass; only then may the sockets be closed.</summary>
    public Task<RelayLinkResult> Completion => _completion.Task;

    /// <summary>It waits in its loop's queue for another turn.</summary>
    public bool IsQueued { get; set; }

    public bool IsFinished => IsCutOff || (toServer.IsFinished && toClient.IsFinished);

    private bool IsCutOff =>
        toServer is { IsFinished: true, Failure: not Errno.None } || toClient is { IsFinished: true, Failure: not Errno.None };

    /// <summary>Moves what can be moved; true when there may be more.</summary>
    public bool Move(RelayBuffers resources)
    {
        bool more = toServer.Move(resources);
        return toClient.Move(resources) | more && !IsFinished;
    }

    /// <summary>Says that it is over. A side that was cut off is carried through to the other one.</summary>
    public void Complete(RelayBuffers resources, bool stopped)
    {
        RelayPump? failed = toServer.Failure != Errno.None ? toServer : toClient.Failure != Errno.None ? toClient : null;
        if (failed?.Culprit is not null || stopped)
        {
            foreach (var end in new[] { Client, Server })
            {
                if (!end.IsLocal)
                    _ = LibcLinger.ResetOnClose(end.Socket);
            }
        }
        toServer.Release(resources);
        toClient.Release(resources);
        _completion.TrySetResult(new RelayLinkResult(
            toServer.Bytes, toClient.Bytes, toServer.Descriptors + toClient.Descriptors,
            failed?.Failure ?? Errno.None, failed?.Culprit == Client, stopped));
    }
}

/// <summary>What passed through a link, and how it ended.</summary>
/// <param name="ToServer">Bytes.</param>
/// <param name="ToClient">Bytes.</param>
/// <param name="Descriptors">How many, both ways.</param>
/// <param name="Failure">Why it was cut off; none when it ended in order.</param>
/// <param name="ClientFailed">The client's side was cut off, and not the server's.</param>
/// <param name="Stopped">The relay itself has ended.</param>
internal sealed record RelayLinkResult(long ToServer, long ToClient, long Descriptors, Errno Failure, bool ClientFailed, bool Stopped)
{
    /// <summary>There was no server for it.</summary>
    public bool WasUnreachable { get; private init; }

    public static RelayLinkResult Unreachable(Errno errno) => new(0, 0, 0, errno, false, false) { WasUnreachable = true };

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
