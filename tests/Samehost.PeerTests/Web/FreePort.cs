using System.Net;
using System.Net.Sockets;

namespace Samehost.PeerTests.Web;

/// <summary>TCP ports of this machine that nobody listens on.</summary>
internal static class FreePort
{
    public static int Next()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
