using System.Net.Sockets;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Connect;

/// <summary>Runs <c>samehost connect</c>: standard input to the server, and its output to standard output.</summary>
internal static class ConnectSession
{
    public static async Task<int> RunAsync(ConnectSettings settings, CancellationToken cancellationToken)
    {
        using var connection = await OpenAsync(settings, cancellationToken);
        var records = connection.PreservesMessages;
        IInputSource input = records || settings.IsHex ? new LineInput(settings.IsHex) : new RawInput();
        var options = new StdioSessionOptions
        {
            HalfClose = settings.HalfClose,
            IdleTimeout = settings.IdleTimeout,
            Linger = settings.SocketType == SocketType.Dgram ? settings.Linger : null,
        };
        await new StdioSession(connection, input, new ReceivedOutput(records, settings.IsHex), options).RunAsync(cancellationToken);
        return ExitStatus.Success;
    }

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
