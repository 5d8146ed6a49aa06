namespace Samehost.TestPeer;

/// <summary><c>connect PATH</c>: connects a stream and holds it until the end of its input.</summary>
internal static class ConnectAndHold
{
    public static void Run(PeerArguments arguments)
    {
        using var stream = UnixStream.Connect(arguments.Path);
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
        }
    }
}
