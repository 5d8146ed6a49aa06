using System.Net.Sockets;
using Samehost.Interop;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Relay;

/// <summary>A socket that this process inherited: <c>fd:N</c>, or <c>systemd:NAME</c> from a service manager.</summary>
internal sealed class InheritedSocket
{
    private const int AF_INET = 2;
    private const int AF_INET6 = 10;

    private readonly ToolAddress _address;
    private readonly int _type;

    private InheritedSocket(ToolAddress address, Descriptor descriptor)
    {
        (_address, Descriptor) = (address, descriptor);
        if (LibcSocketOptions.Get(descriptor, LibcSocketOptions.SO_TYPE, out _type) < 0)
            throw new ToolException($"{address} is no socket, or not open");
        _ = LibcSocketOptions.Get(descriptor, LibcSocketOptions.SO_DOMAIN, out var domain);
        _ = LibcSocketOptions.Get(descriptor, LibcSocketOptions.SO_ACCEPTCONN, out var listens);
        _ = LibcFcntl.SetCloseOnExec(descriptor);
        (IsLocal, Listens) = (domain == LibcSocket.AF_UNIX, listens != 0);
        if (!IsLocal && domain is not (AF_INET or AF_INET6))
            throw new ToolException($"{address} is neither a local nor a TCP socket");
        if (!IsLocal && SocketType != SocketType.Stream)
            throw new ToolException($"{address} is not TCP: only that and local sockets are relayed");
    }

    public Descriptor Descriptor { get; }

    public bool IsLocal { get; }

    public bool Listens { get; }

    public SocketType SocketType => (SocketType)_type;

    public static InheritedSocket Open(ToolAddress address)
    {
        if (address.Kind == ToolAddressKinds.Descriptor)
            return new InheritedSocket(address, new Descriptor(address.DescriptorNumber));
        var passed = SystemdListenSockets.Take();
        var found = address.Name.Length > 0 ? passed.Where(s => s.Name == address.Name).ToArray() : [.. passed];
        if (found.Length != 1)
        {
            var names = passed.Count == 0 ? "none" : string.Join(", ", passed.Select(s => s.Name));
            throw new ToolException(
                $"{address} has to be one socket of the service manager's, which passed {names}", hint: passed.Hint);
        }
        _ = LibcFcntl.Duplicate(found[0].Take(), out var descriptor);
        return new InheritedSocket(address, descriptor ?? throw new ToolException($"{address} cannot be taken: no descriptors left"));
    }

    /// <summary>Converts it to a <see cref="Socket"/>.</summary>
    public Socket ToSocket()
    {
        _ = LibcFcntl.SetNonBlocking(Descriptor, nonBlocking: false); // as the runtime expects it
        var socket = new Socket(new SafeSocketHandle(Descriptor.Number, ownsHandle: true));
        Descriptor.SetHandleAsInvalid();
        return socket;
    }

    /// <summary>Converts it to an end of a relay.</summary>
    public RelayEndpoint ToEndpoint(RelayOptions options)
    {
        if (Listens || SocketType == SocketType.Dgram)
            throw new ToolException($"{_address} is not connected");
        if (!IsLocal)
            return TcpConnector.Adopt(ToSocket());
        using var original = Descriptor;
        var accepts = options.ConnectOptions.AcceptDescriptors && options.ListenerOptions.AcceptDescriptors;
        if (SocketType == SocketType.Seqpacket)
        {
            var connection = UnixSeqpacket.FromDescriptor(original);
            connection.AcceptDescriptors = accepts;
            return RelayEndpoint.Of(connection);
        }
        var stream = UnixStream.FromDescriptor(original);
        stream.AcceptDescriptors = accepts;
        return RelayEndpoint.Of(stream);
    }
}
