using System.Net.Sockets;
using System.Text;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Serve;

/// <summary>
/// Implements <c>--handover</c>: a server started with it waits, at an address beside its own, for a successor started the same way, and
/// hands its listening socket over without refusing a client.
/// </summary>
internal static class ServeHandover
{
    private const string Suffix = ".handover";

    /// <summary>Gets the control address at which predecessor and successor connect.</summary>
    public static UnixEndPoint GetControlAddress(UnixEndPoint address)
    {
        byte[] name = [.. address.NameBytes.Span, .. Encoding.ASCII.GetBytes(Suffix)];
        if (name.Length > UnixEndPoint.MaxNameLength)
        {
            throw new ToolException(
                $"with {Suffix} the address would be {name.Length} bytes long, and {UnixEndPoint.MaxNameLength} is the limit: "
                + "--handover needs a shorter one", ExitStatus.UsageError);
        }

        return address.Kind == UnixEndPointKind.Abstract ? UnixEndPoint.FromAbstractName(name) : UnixEndPoint.FromPath(name);
    }

    /// <summary>Requests the listening socket from the running server; null when no server offers it.</summary>
    public static async Task<UnixAcceptedHandover?> AcceptAsync(
        UnixEndPoint address, ServeSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            return await UnixHandover.AcceptAsync(
                GetControlAddress(address), settings.ListenerOptions(), cancellationToken: cancellationToken);
        }
        catch (UnixSocketException error) when (error.Errno is Errno.ENOENT or Errno.ECONNREFUSED && error.Operation == "connect")
        {
            return null;
        }
    }

    /// <summary>Opens the endpoints when there is no predecessor.</summary>
    public static ServeEndpoint[] OpenEndpoints(ServeSettings settings)
    {
        try
        {
            return ServeEndpoint.Open(settings);
        }
        catch (UnixSocketException error) when (settings.IsHandoverEnabled && error.Errno == Errno.EADDRINUSE)
        {
            throw new ToolException(
                ErrorReport.Summary(error), hint: $"{error.Hint}\nA server hands over only if it was started with --handover as well.");
        }
    }

    /// <summary>Gets the endpoint that the predecessor has handed over.</summary>
    /// <exception cref="ToolException">It has another socket type.</exception>
    public static ServeEndpoint GetEndpoint(UnixAcceptedHandover handover, SocketType type) => (type, handover) switch
    {
        (SocketType.Seqpacket, { SeqpacketListener: { } listener }) => new(Seqpackets: listener),
        (SocketType.Stream, { Listener: { } listener }) => new(Streams: listener),
        _ => throw new ToolException("the running server serves another type of socket: give its --type"),
    };

    public static UnixHandoverOffer Offer(UnixEndPoint address, UnixServer server, ServeLog log) =>
        UnixHandover.Offer(GetControlAddress(address), server, new UnixHandoverOptions
        {
            OnFailed = error => log.Info($"a handover failed, and this server continues: {ErrorReport.Summary(error)}"),
        });
}
