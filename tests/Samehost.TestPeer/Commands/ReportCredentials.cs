using System.Globalization;

namespace Samehost.TestPeer;

/// <summary>
/// <c>report-credentials PATH --type stream|datagram --policy TEXT --mode 666 --describe yes</c>: accepts every client, and prints the
/// user of each, whether its credentials are unmapped, whether the policy allows it, and how many bytes it sent. If asked for, the line
/// that a log has comes first.
/// </summary>
internal static class ReportCredentials
{
    public static void Run(PeerArguments arguments)
    {
        var policy = PeerPolicy.Parse(arguments.Option("--policy") ?? "self");
        if (arguments.Option("--type") == "datagram")
        {
            ReceiveDatagrams(arguments, policy);
            return;
        }

        var options = new UnixListenerOptions { SocketFile = arguments.SocketFile(), PeerPolicy = PeerPolicy.Anyone };
        using var listener = UnixListener.Listen(arguments.Path, options);
        Console.WriteLine("ready");
        while (true)
        {
            using var client = listener.Accept();
            if (arguments.Option("--describe") is not null)
                Console.WriteLine(client.GetPeerCredentials());
            Report(client.GetPeerCredentials(), policy);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"received {CountBytes(client)}"));
        }
    }

    private static void ReceiveDatagrams(PeerArguments arguments, PeerPolicy policy)
    {
        using var socket = UnixDatagram.Bind(arguments.Path,
            new UnixDatagramOptions { SocketFile = arguments.SocketFile(), ReceiveCredentials = true });
        Console.WriteLine("ready");
        var buffer = new byte[256];
        while (true)
        {
            using var message = socket.Receive(buffer);
            Report(message.Credentials!, policy);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"received {message.Count}"));
        }
    }

    private static void Report(PeerCredentials peer, PeerPolicy policy) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{peer.UserId} {(peer.IsUnmapped ? "unmapped" : "known")} {(policy.Allows(peer) ? "allowed" : "refused")}"));

    private static int CountBytes(UnixStream client)
    {
        var buffer = new byte[256];
        var all = 0;
        for (int count; (count = client.Read(buffer)) > 0;)
            all += count;
        return all;
    }
}
