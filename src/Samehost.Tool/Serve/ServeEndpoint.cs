using Microsoft.Win32.SafeHandles;
using Samehost.Tool.Cli;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Serve;

/// <summary>A socket that clients come to: one of the three.</summary>
internal sealed record ServeEndpoint(UnixListener? Streams = null, UnixSeqpacketListener? Seqpackets = null, UnixDatagram? Datagrams = null)
{
    /// <summary>For the user.</summary>
    public override string ToString() =>
        Streams is not null ? $"{Streams.LocalEndPoint} (stream)"
        : Seqpackets is not null ? $"{Seqpackets.LocalEndPoint} (seqpacket)"
        : $"{Datagrams!.LocalEndPoint} (datagram)";

    /// <summary>Makes the socket, or takes those that were passed.</summary>
    public static ServeEndpoint[] Open(ServeSettings settings)
    {
        SocketKind kind = settings.Kind ?? SocketKind.Stream;
        return settings.Address switch
        {
            null => Passed(settings, ""),
            { Kind: ToolAddressKinds.Systemd } address => Passed(settings, address.Name),
            { Kind: ToolAddressKinds.Descriptor } address => [Inherited(address, kind, settings)],
            { Local: { } local } => [Bound(local, kind, settings)],
            { } address => throw new ToolException($"{address} is no address to serve at", ExitStatus.UsageError),
        };
    }

    private static ServeEndpoint Bound(UnixEndPoint address, SocketKind kind, ServeSettings settings) => kind switch
    {
        SocketKind.Stream => new(Streams: UnixListener.Listen(address, settings.ListenerOptions())),
        SocketKind.Seqpacket => new(Seqpackets: UnixSeqpacketListener.Listen(address, settings.ListenerOptions())),
        _ => new(Datagrams: UnixDatagram.Bind(address, settings.DatagramOptions(address))),
    };

    private static ServeEndpoint Inherited(ToolAddress address, SocketKind kind, ServeSettings settings)
    {
        if (!LibcConnection.CloseOnExec(address.Descriptor))
            throw new ToolException($"{address}: no descriptor of this number is open");
        using var handle = new SafeFileHandle(address.Descriptor, ownsHandle: false);
        try
        {
            return kind switch
            {
                SocketKind.Stream => new(Streams: UnixListener.FromDescriptor(handle, settings.ListenerOptions())),
                SocketKind.Seqpacket => new(Seqpackets: UnixSeqpacketListener.FromDescriptor(handle, settings.ListenerOptions())),
                _ => new(Datagrams: UnixDatagram.FromDescriptor(handle, settings.DatagramOptions(null))),
            };
        }
        catch (ArgumentException error)
        {
            throw new ToolException($"{address}: {ArgumentProblem.Of(error)}");
        }
    }

    /// <summary>What a service manager passes: all, or those of the name.</summary>
    private static ServeEndpoint[] Passed(ServeSettings settings, string name)
    {
        using SystemdListenSockets sockets = SystemdListenSockets.Take();
        SystemdListenSocket[] wanted = [.. sockets.Where(socket => name.Length == 0 || socket.Name == name)];
        if (sockets.Count == 0)
        {
            string wish = settings.Address is { } address ? $"{address} is wanted" : "no address is named";
            throw new ToolException(
                $"{wish}, and no service manager passes a socket (LISTEN_FDS): 'samehost serve ADDRESS'", ExitStatus.UsageError);
        }
        if (wanted.Length == 0)
            throw new ToolException($"no socket of the name '{name}' was passed, but {string.Join(", ", sockets)}");
        return [.. wanted.Select(socket => Passed(socket, settings))];
    }

    private static ServeEndpoint Passed(SystemdListenSocket socket, ServeSettings settings)
    {
        SystemdSocketKind wanted = settings.Kind switch
        {
            SocketKind.Stream => SystemdSocketKind.StreamListener,
            SocketKind.Seqpacket => SystemdSocketKind.SeqpacketListener,
            SocketKind.Datagram => SystemdSocketKind.Datagram,
            _ => socket.Kind,
        };
        try
        {
            return wanted switch
            {
                SystemdSocketKind.SeqpacketListener => new(Seqpackets: socket.TakeSeqpacketListener(settings.ListenerOptions())),
                SystemdSocketKind.Datagram => new(Datagrams: socket.TakeDatagram(settings.DatagramOptions(socket.LocalEndPoint))),
                _ => new(Streams: socket.TakeListener(settings.ListenerOptions())),
            };
        }
        catch (InvalidOperationException error)
        {
            throw new ToolException(error.Message.TrimEnd('.'));
        }
    }
}
