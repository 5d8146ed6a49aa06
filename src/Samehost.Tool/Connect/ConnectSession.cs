using Microsoft.Win32.SafeHandles;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Connect;

/// <summary><c>samehost connect</c>: standard input to a server, and what it says to standard output.</summary>
internal static class ConnectSession
{
    public static async Task<int> RunAsync(ConnectSettings settings, CancellationToken stop)
    {
        using ToolConnection connection = await OpenAsync(settings, stop);
        bool records = connection.KeepsRecords;
        IInputSource input = records || settings.IsHex ? new LineInput(settings.IsHex) : new RawInput();
        var options = new StdioSessionOptions
        {
            HalfCloses = settings.HalfCloses,
            IdleTimeout = settings.IdleTimeout,
            Linger = settings.Kind == SocketKind.Datagram ? settings.Linger : null,
        };
        await new StdioSession(connection, input, new ReceivedOutput(records, settings.IsHex), options).RunAsync(stop);
        return ExitStatus.Success;
    }

    private static async Task<ToolConnection> OpenAsync(ConnectSettings settings, CancellationToken stop)
    {
        try
        {
            return settings.Address.Local is { } server ? await ConnectAsync(server, settings, stop) : Inherited(settings);
        }
        catch (UnixSocketException error) when (error.Operation == "connect")
        {
            throw ConnectError.Of(error, settings.Kind);
        }
    }

    private static async Task<ToolConnection> ConnectAsync(UnixEndPoint server, ConnectSettings settings, CancellationToken stop)
    {
        UnixConnectOptions options = ServerConnector.ConnectOptions(settings.Wait, settings.RequireServer);
        return settings.Kind switch
        {
            SocketKind.Stream => ToolConnection.Of(await UnixStream.ConnectAsync(server, options, stop)),
            SocketKind.Seqpacket => ToolConnection.Of(await UnixSeqpacket.ConnectAsync(server, options, stop)),
            _ => await DatagramAsync(server, settings, stop),
        };
    }

    /// <summary>To be answered, a sender needs an address; a name that the kernel chooses leaves no file behind.</summary>
    private static async Task<ToolConnection> DatagramAsync(UnixEndPoint server, ConnectSettings settings, CancellationToken stop)
    {
        // Once connected, the kernel lets nobody but the server send to it.
        var anyone = new UnixDatagramOptions { PeerPolicy = PeerPolicy.Anyone };
        UnixDatagram datagram = UnixDatagram.Bind(settings.Bind ?? UnixEndPoint.Autobind, anyone);
        try
        {
            await ServerConnector.WaitAsync(() => datagram.Connect(server), settings.Wait ?? TimeSpan.Zero, stop);
            return new DatagramConnection(datagram);
        }
        catch
        {
            datagram.Dispose();
            throw;
        }
    }

    private static ToolConnection Inherited(ConnectSettings settings)
    {
        if (!LibcConnection.CloseOnExec(settings.Address.Descriptor))
            throw new ToolException($"{settings.Address}: no descriptor of this number is open");
        using var handle = new SafeFileHandle(settings.Address.Descriptor, ownsHandle: false);
        try
        {
            return settings.Kind switch
            {
                SocketKind.Stream => ToolConnection.Of(UnixStream.FromDescriptor(handle)),
                SocketKind.Seqpacket => ToolConnection.Of(UnixSeqpacket.FromDescriptor(handle)),
                _ => new DatagramConnection(UnixDatagram.FromDescriptor(
                    handle, new UnixDatagramOptions { PeerPolicy = PeerPolicy.Anyone })),
            };
        }
        catch (ArgumentException error)
        {
            throw new ToolException($"{settings.Address}: {ArgumentProblem.Of(error)}");
        }
    }
}
