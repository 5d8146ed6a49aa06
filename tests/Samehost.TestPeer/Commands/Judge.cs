using System.Globalization;

namespace Samehost.TestPeer;

/// <summary>
/// <c>judge PATH --type stream|seqpacket --policy TEXT --mode 666</c>: listens for anyone, and says of each client who it is, whether
/// it is a stranger, whether the policy would admit it, and, when it has left, how many bytes it sent.
/// </summary>
internal static class Judge
{
    public static void Run(PeerArguments arguments)
    {
        var policy = PeerPolicy.Parse(arguments.Option("--policy") ?? "self");
        var options = new UnixListenerOptions { SocketFile = arguments.SocketFile(), PeerPolicy = PeerPolicy.Anyone };
        using var listener = UnixListener.Listen(arguments.Path, options);
        Console.WriteLine("ready");
        while (true)
        {
            using var client = listener.Accept();
            var peer = client.GetPeerCredentials();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{peer.UserId} {(peer.IsStranger ? "stranger" : "known")} {(policy.Admits(peer) ? "admitted" : "refused")}"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"heard {Listen(client)}"));
        }
    }

    private static int Listen(UnixStream client)
    {
        byte[] buffer = new byte[256];
        int all = 0;
        for (int count; (count = client.Read(buffer)) > 0;)
            all += count;
        return all;
    }
}
