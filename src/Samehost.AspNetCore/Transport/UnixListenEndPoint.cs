using System.Net;
using System.Net.Sockets;

namespace Samehost.AspNetCore.Transport;

/// <summary>What Kestrel carries from the options to the transport, and calls the endpoint by.</summary>
internal sealed class UnixListenEndPoint(UnixEndPoint address) : EndPoint
{
    public UnixListenOptions Options { get; set; } = new(address);

    public override AddressFamily AddressFamily => AddressFamily.Unix;

    public override string ToString() => address.Kind == UnixEndPointKind.Pathname ? $"unix:{address}" : address.ToString();
}
