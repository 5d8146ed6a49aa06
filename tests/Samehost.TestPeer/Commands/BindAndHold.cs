namespace Samehost.TestPeer;

/// <summary><c>bind-and-hold PATH</c>: binds and listens until the end of its input, then cleans up.</summary>
internal static class BindAndHold
{
    public static void Run(PeerArguments arguments)
    {
        using var bound = new BoundSocket(arguments);
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
        }
    }
}
