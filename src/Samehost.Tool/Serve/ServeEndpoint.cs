using System.Net.Sockets;
using Samehost.Inspection;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Serve;

/// <summary>A socket that serves clients: one of the three types.</summary>
internal sealed record ServeEndpoint(UnixListener? Streams = null, UnixSeqpacketListener? Seqpackets = null, UnixDatagram? Datagrams = null)
{
    /// <summary>Formats the address and type for logs.</summary>
    public override string ToString() =>
        Streams is not null ? $"{Streams.LocalEndPoint} (stream)"
        : Seqpackets is not null ? $"{Seqpackets.LocalEndPoint} (seqpacket)"
        : $"{Datagrams!.LocalEndPoint} (datagram)";

    /// <summary>Creates the socket, or takes the passed ones.</summary>
    public static ServeEndpoint[] Open(ServeSettings settings)
    {
        var kind = settings.SocketType ?? SocketType.Stream;
        return settings.Address switch
        {
            null => TakePassed(settings, ""),
            { Kind: ToolAddressKinds.Systemd } address => TakePassed(settings, address.Name),
            { Kind: ToolAddressKinds.Descriptor } address => [TakeInherited(address, kind, settings)],
            { Local: { } local } => [Bind(local, kind, settings)],
            { } address => throw new ToolException($"{address} is not an address to serve at", ExitStatus.UsageError),
        };
    }

    /// <summary>Binds the address, or takes the socket that a service manager has bound to it and passed.</summary>
    private static ServeEndpoint Bind(UnixEndPoint address, SocketType kind, ServeSettings settings) =>
        PassedSocket.Find(address, kind) is { } passed ? TakePassed(passed, settings) : kind switch
        {
            SocketType.Stream => new(Streams: UnixListener.Listen(address, settings.ListenerOptions())),
            SocketType.Seqpacket => new(Seqpackets: UnixSeqpacketListener.Listen(address, settings.ListenerOptions())),
            _ => new(Datagrams: UnixDatagram.Bind(address, settings.DatagramOptions(address))),
        };

    private static ServeEndpoint TakeInherited(ToolAddress address, SocketType kind, ServeSettings settings)
    {
        using var handle = address.OpenDescriptor();
        try
        {
            return kind switch
            {
                SocketType.Stream => new(Streams: UnixListener.FromDescriptor(handle, settings.ListenerOptions())),
                SocketType.Seqpacket => new(Seqpackets: UnixSeqpacketListener.FromDescriptor(handle, settings.ListenerOptions())),
                _ => new(Datagrams: UnixDatagram.FromDescriptor(handle, settings.DatagramOptions(null))),
            };
        }
        catch (ArgumentException error)
        {
            throw new ToolException($"{address}: {ArgumentErrorText.Of(error)}");
        }
    }

    /// <summary>Takes the sockets that a service manager passed: all, or those with the name.</summary>
    private static ServeEndpoint[] TakePassed(ServeSettings settings, string name)
    {
        using var sockets = SystemdListenSockets.Take();
        SystemdListenSocket[] wanted = [.. sockets.Where(socket => name.Length == 0 || socket.Name == name)];
        if (sockets.Count == 0)
        {
            var request = settings.Address is { } address ? $"{address} is wanted" : "no address is named";
            throw sockets.Hint is { } hint
                ? new ToolException($"{request}, and no socket is passed to this process", ExitStatus.UsageError, hint)
                : new ToolException(
                    $"{request}, and no service manager passes a socket (LISTEN_FDS): 'samehost serve ADDRESS'", ExitStatus.UsageError);
        }
        if (wanted.Length == 0)
            throw new ToolException($"no socket of the name '{name}' was passed, but {string.Join(", ", sockets)}");
        return [.. wanted.Select(socket => TakePassed(socket, settings))];
    }

    private static ServeEndpoint TakePassed(SystemdListenSocket socket, ServeSettings settings)
    {
        var wanted = settings.SocketType switch
        {
            SocketType.Stream => SystemdSocketKind.StreamListener,
            SocketType.Seqpacket => SystemdSocketKind.SeqpacketListener,
            SocketType.Dgram => SystemdSocketKind.Datagram,
            _ => socket.Kind,
        };
        if (socket.Kind is SystemdSocketKind.Stream or SystemdSocketKind.Seqpacket)
        {
            throw new ToolException(
                $"the socket passed as '{PrintableText.Of(socket.Name)}' does not listen: it is one connection, as a socket unit with " +
                "Accept=yes passes", hint: "Set Accept=no in the socket unit, which is the default; or, as with inetd, let the service " +
                "run the program itself with StandardInput=socket.");
        }
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
