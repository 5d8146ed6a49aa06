using Samehost.Tool.Cli;

namespace Samehost.Tool.Serve;

/// <summary>
/// <c>--take-over</c>: a server that was started with it waits, beside its address, for a successor started the same way, and hands its
/// listening socket over without refusing a client.
/// </summary>
internal static class ServeHandover
{
    private const string Suffix = ".take-over";

    /// <summary>Where predecessor and successor meet.</summary>
    public static UnixEndPoint ControlOf(UnixEndPoint address)
    {
        byte[] name = [.. address.NameBytes.Span, .. "."u8, .. "take-over"u8];
        if (name.Length > UnixEndPoint.MaxNameLength)
            throw new ToolException(
                $"with {Suffix} the address would be {name.Length} bytes long, and {UnixEndPoint.MaxNameLength} is the limit: "
                + "--take-over needs a shorter one", ExitStatus.UsageError);
        return address.Kind == UnixEndPointKind.Abstract ? UnixEndPoint.FromAbstractName(name) : UnixEndPoint.FromPath(name);
    }

    /// <summary>Asks the running server; null when there is none that would hand over.</summary>
    public static async Task<UnixAcceptedHandover?> AcceptAsync(UnixEndPoint address, ServeSettings settings, CancellationToken stop)
    {
        try
        {
            return await UnixHandover.AcceptAsync(ControlOf(address), settings.ListenerOptions(), cancellationToken: stop);
        }
        catch (UnixSocketException error) when (error.Errno is Errno.ENOENT or Errno.ECONNREFUSED && error.Operation == "connect")
        {
            return null;
        }
    }

    /// <summary>Opens the endpoints when nobody hands one over.</summary>
    public static ServeEndpoint[] OpenFirst(ServeSettings settings)
    {
        try
        {
            return ServeEndpoint.Open(settings);
        }
        catch (UnixSocketException error) when (settings.TakesOver && error.Errno == Errno.EADDRINUSE)
        {
            throw new ToolException(
                ErrorReport.Summary(error), hint: $"{error.Hint}\nA server hands over only if it was started with --take-over as well.");
        }
    }

    public static ServeEndpoint EndpointOf(UnixAcceptedHandover takeOver, SocketKind kind)
    {
        try
        {
            return kind == SocketKind.Seqpacket ? new(Seqpackets: takeOver.SeqpacketListener) : new(Streams: takeOver.Listener);
        }
        catch (InvalidOperationException)
        {
            throw new ToolException("the running server serves another type of socket: give its --type");
        }
    }

    public static UnixHandoverOffer Offer(UnixEndPoint address, UnixServer server, ServeLog log) =>
        UnixHandover.Offer(ControlOf(address), server, new UnixHandoverOptions
        {
            Failed = error => log.Say($"a successor failed, going on: {ErrorReport.Summary(error)}"),
        });
}
