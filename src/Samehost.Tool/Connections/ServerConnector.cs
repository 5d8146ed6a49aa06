using System.Diagnostics;
using System.Net.Sockets;
using Samehost.Inspection;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Connections;

/// <summary>Connects to servers, with the wait of <c>--wait</c>.</summary>
internal static class ServerConnector
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);
    private static readonly UnixConnectOptions DefaultOptions = new();

    /// <summary>Connects to a local server of any socket type.</summary>
    /// <exception cref="UnixSocketException">The server cannot be reached within the wait.</exception>
    public static async Task<ToolConnection> ConnectAsync(
        UnixEndPoint server, SocketType kind, TimeSpan? wait, PeerPolicy? requireServer, UnixEndPoint? localAddress,
        CancellationToken cancellationToken)
    {
        var options = ConnectOptions(wait, requireServer);
        return kind switch
        {
            SocketType.Stream => ToolConnection.Of(await UnixStream.ConnectAsync(server, options, cancellationToken)),
            SocketType.Seqpacket => ToolConnection.Of(await UnixSeqpacket.ConnectAsync(server, options, cancellationToken)),
            _ => new DatagramConnection(
                await ConnectDatagramAsync(
                    server, wait, new UnixDatagramOptions { PeerPolicy = PeerPolicy.Anyone }, localAddress, cancellationToken)),
        };
    }

    /// <summary>
    /// Connects a datagram socket. A sender needs an address to be answered; without one, an autobind name leaves no file behind. Once the
    /// socket is connected, only the server can send to it.
    /// </summary>
    /// <exception cref="UnixSocketException">The server cannot be reached within the wait.</exception>
    public static async Task<UnixDatagram> ConnectDatagramAsync(
        UnixEndPoint server, TimeSpan? wait, UnixDatagramOptions options, UnixEndPoint? localAddress, CancellationToken cancellationToken)
    {
        var socket = UnixDatagram.Bind(localAddress ?? UnixEndPoint.Autobind, options);
        try
        {
            await RetryAsync(() => socket.Connect(server), wait ?? TimeSpan.Zero, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Creates connect options. The user's wait also limits the wait for room in a backlog, which is otherwise the library's default.
    /// </summary>
    public static UnixConnectOptions ConnectOptions(
        TimeSpan? wait, PeerPolicy? requireServer = null, bool acceptDescriptors = false)
    {
        return new UnixConnectOptions
        {
            ServerTimeout = wait ?? TimeSpan.Zero,
            BacklogTimeout = wait ?? DefaultOptions.BacklogTimeout,
            RequireServer = requireServer,
            AcceptDescriptors = acceptDescriptors,
        };
    }

    /// <summary>Retries while a datagram server is not bound yet; for connections the library does so.</summary>
    private static async Task RetryAsync(Action attempt, TimeSpan limit, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                attempt();
                return;
            }
            catch (UnixSocketException error)
                when (error.Errno is Errno.ENOENT or Errno.ECONNREFUSED && Stopwatch.GetElapsedTime(begin) < limit)
            {
                await Task.Delay(RetryDelay, cancellationToken);
            }
        }
    }
}

/// <summary>Turns a failed connect into an error with the hints of the library and of the tool.</summary>
internal static class ConnectError
{
    public static ToolException Of(UnixSocketException error, SocketType kind)
    {
        List<string> hints = [];
        if (error.Hint is { } hint)
            hints.Add(hint);
        if (error is { Errno: Errno.EPROTOTYPE, EndPoint: UnixEndPoint bound })
            hints.Add(HintOfType(bound, kind));
        if (error.EndPoint is UnixEndPoint { Kind: UnixEndPointKind.Pathname or UnixEndPointKind.Abstract } address)
        {
            byte[] name = [.. address.Kind == UnixEndPointKind.Abstract ? "@"u8 : default, .. address.NameBytes.Span];
            var type = kind == SocketType.Stream ? "" : $"--type {kind.ToName()} ";
            var command = $"samehost explain {type}{PrintableText.ForShell(name)}";
            hints.Add($"{(command.Contains('\'', StringComparison.Ordinal) ? command : $"'{command}'")} gives the details.");
        }
        return new ToolException(ErrorReport.Summary(error), ExitStatus.Failure, string.Join('\n', hints));
    }

    private static string HintOfType(UnixEndPoint bound, SocketType kind) =>
        UnixExplanation.ExplainConnect(bound).Socket is { } socket && socket.SocketType != kind
            ? $"--type {socket.SocketType.ToName()} connects to it."
            : $"--type {string.Join(" or --type ", Others(kind))} uses another type of socket.";

    private static IEnumerable<string> Others(SocketType kind) =>
        SocketTypeNames.All.Where(other => other != kind).Select(SocketTypeNames.ToName);
}

/// <summary>Finds the socket that a service manager has bound to an address and passed to this process.</summary>
internal static class PassedSocket
{
    public static SystemdListenSocket? Find(UnixEndPoint address, SocketType type) => SystemdListenSockets.Find(address, type switch
    {
        SocketType.Stream => SystemdSocketKind.StreamListener,
        SocketType.Seqpacket => SystemdSocketKind.SeqpacketListener,
        _ => SystemdSocketKind.Datagram,
    });
}
