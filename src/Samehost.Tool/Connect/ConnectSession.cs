using System.Net.Sockets;
using Samehost.Inspection;
using Samehost.Interop;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Connect;

/// <summary>Runs <c>samehost connect</c>: standard input to the server, and its output to standard output.</summary>
internal static class ConnectSession
{
    private static readonly TimeSpan RefusalTime = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(ConnectSettings settings, CancellationToken cancellationToken)
    {
        using var connection = await OpenAsync(settings, cancellationToken);
        var records = connection.PreservesMessages;
        IInputSource input = records || settings.IsHex ? new LineInput(settings.IsHex) : new RawInput();
        var isDatagram = settings.SocketType == SocketType.Dgram;
        var options = new StdioSessionOptions
        {
            HalfClose = settings.HalfClose,
            IdleTimeout = settings.IdleTimeout,
            Linger = isDatagram ? settings.Linger : null,
            RefusalTime = isDatagram ? TimeSpan.Zero : RefusalTime,
        };
        var session = new StdioSession(connection, input, new ReceivedOutput(records, settings.IsHex), options);
        try
        {
            await session.RunAsync(cancellationToken);
        }
        catch (Exception error) when (!isDatagram && !session.HasReceived && IsClosedByServer(error))
        {
            throw new ToolException(ErrorReport.Summary(error), ExitStatus.Failure, DescribeRefusal());
        }
        if (!isDatagram && session is { HasReceived: false, HasSent: false, IsClosedEarly: true })
        {
            throw new ToolException(
                "the server closed the connection before a byte came", ExitStatus.Failure, DescribeRefusal());
        }
        return ExitStatus.Success;
    }

    /// <summary>A server with a policy closes the connection of a client that it does not allow, as if it had died.</summary>
    private static string DescribeRefusal() =>
        $"It was closed before a byte came: the server may not allow {PrintableText.User(LibcIdentity.EffectiveUser())}, or it has ended.";

    private static bool IsClosedByServer(Exception error) => error is ClosedByPeerException
        || (error as UnixSocketException ?? error.InnerException as UnixSocketException) is { Errno: Errno.EPIPE or Errno.ECONNRESET };

    private static async Task<ToolConnection> OpenAsync(ConnectSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            return settings.Address.Local is { } server
                ? await ServerConnector.ConnectAsync(
                    server, settings.SocketType, settings.Wait, settings.RequireServer, settings.Bind, cancellationToken)
                : OpenInherited(settings);
        }
        catch (UnixSocketException error) when (error.Operation == "connect")
        {
            throw ConnectError.Of(error, settings.SocketType);
        }
    }

    private static ToolConnection OpenInherited(ConnectSettings settings)
    {
        using var handle = settings.Address.OpenDescriptor();
        try
        {
            return settings.SocketType switch
            {
                SocketType.Stream => ToolConnection.Of(UnixStream.FromDescriptor(handle)),
                SocketType.Seqpacket => ToolConnection.Of(UnixSeqpacket.FromDescriptor(handle)),
                _ => new DatagramConnection(UnixDatagram.FromDescriptor(
                    handle, new UnixDatagramOptions { PeerPolicy = PeerPolicy.Anyone })),
            };
        }
        catch (ArgumentException error)
        {
            throw new ToolException($"{settings.Address}: {ArgumentErrorText.Of(error)}");
        }
    }
}
