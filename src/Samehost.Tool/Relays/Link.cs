using Samehost.Tool.Interop;

namespace Samehost.Tool.Relays;

/// <summary>A client's connection and the one to the server for it, as one.</summary>
internal sealed class Link(int number, Flow toServer, Flow toClient)
{
    private readonly TaskCompletionSource<LinkEnd> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Number => number;

    public Flow ToServer => toServer;

    public Flow ToClient => toClient;

    public RelayEnd Client => toServer.Source;

    public RelayEnd Server => toServer.Sink;

    /// <summary>Ends when nothing more can pass; only then may the sockets be closed.</summary>
    public Task<LinkEnd> Completion => _completion.Task;

    /// <summary>It waits in its loop's queue for another turn.</summary>
    public bool IsQueued { get; set; }

    public bool IsFinished => IsCutOff || (toServer.IsFinished && toClient.IsFinished);

    private bool IsCutOff =>
        toServer is { IsFinished: true, Failure: not Errno.None } || toClient is { IsFinished: true, Failure: not Errno.None };

    /// <summary>Moves what can be moved; true when there may be more.</summary>
    public bool Move(LoopResources resources)
    {
        bool more = toServer.Move(resources);
        return toClient.Move(resources) | more && !IsFinished;
    }

    /// <summary>Says that it is over. A side that was cut off is carried through to the other one.</summary>
    public void Complete(LoopResources resources, bool stopped)
    {
        Flow? failed = toServer.Failure != Errno.None ? toServer : toClient.Failure != Errno.None ? toClient : null;
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
        _completion.TrySetResult(new LinkEnd(
            toServer.Bytes, toClient.Bytes, toServer.Descriptors + toClient.Descriptors,
            failed?.Failure ?? Errno.None, failed?.Culprit == Client, stopped));
    }
}
