using Samehost.Tool.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Relay;

/// <summary>A client's connection and the connection to the server that belongs to it.</summary>
internal sealed class RelayLink(int number, RelayPump toServer, RelayPump toClient)
{
    private readonly TaskCompletionSource<RelayLinkResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Number => number;

    public RelayPump ToServer => toServer;

    public RelayPump ToClient => toClient;

    public RelaySocket Client => toServer.Source;

    public RelaySocket Server => toServer.Sink;

    /// <summary>Completes when the link has ended; only then may the sockets be closed.</summary>
    public Task<RelayLinkResult> Completion => _completion.Task;

    /// <summary>Whether it is in the run queue of its loop.</summary>
    public bool IsQueued { get; set; }

    public bool IsFinished => HasFailed || (toServer.IsFinished && toClient.IsFinished);

    private bool HasFailed =>
        toServer is { IsFinished: true, Failure: not Errno.None } || toClient is { IsFinished: true, Failure: not Errno.None };

    /// <summary>Moves available data; returns true when there may be more.</summary>
    public bool Move(RelayBuffers buffers)
    {
        var more = toServer.Move(buffers);
        return toClient.Move(buffers) | more && !IsFinished;
    }

    /// <summary>Completes the link. A reset on one side is passed to the other one.</summary>
    public void Complete(RelayBuffers buffers, bool stopped)
    {
        var failed = toServer.Failure != Errno.None ? toServer : toClient.Failure != Errno.None ? toClient : null;
        if (failed?.FailedSide is not null || stopped)
        {
            foreach (var end in new[] { Client, Server })
            {
                if (!end.IsLocal)
                    _ = LibcStructOptions.ResetOnClose(end.Socket);
            }
        }
        toServer.Release(buffers);
        toClient.Release(buffers);
        _completion.TrySetResult(new RelayLinkResult(
            toServer.Bytes, toClient.Bytes, toServer.Descriptors + toClient.Descriptors,
            failed?.Failure ?? Errno.None, failed?.FailedSide == Client, stopped));
    }
}

/// <summary>The transferred amounts of a link, and how it ended.</summary>
/// <param name="ToServer">Bytes sent to the server.</param>
/// <param name="ToClient">Bytes sent to the client.</param>
/// <param name="Descriptors">The number of descriptors, in both directions.</param>
/// <param name="Failure">The error that ended it; <see cref="Errno.None"/> for an orderly end.</param>
/// <param name="ClientFailed">Whether the error was on the client's side.</param>
/// <param name="Stopped">Whether the relay was stopped.</param>
internal sealed record RelayLinkResult(long ToServer, long ToClient, long Descriptors, Errno Failure, bool ClientFailed, bool Stopped)
{
    /// <summary>Whether the server could not be reached.</summary>
    public bool WasUnreachable { get; private init; }

    public static RelayLinkResult Unreachable(Errno errno) => new(0, 0, 0, errno, false, false) { WasUnreachable = true };

    public override string ToString()
    {
        var amounts = $"{CountText.Of(ToServer, "byte")} to the server, {ToClient} to the client" + Descriptors switch
        {
            0 => "",
            1 => ", 1 descriptor",
            _ => $", {Descriptors} descriptors",
        };
        var who = ClientFailed ? "client" : "server";
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
