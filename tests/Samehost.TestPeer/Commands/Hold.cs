namespace Samehost.TestPeer;

/// <summary><c>hold PATH --count N</c>: opens that many connections and keeps them, idle, until the end of its input.</summary>
internal static class Hold
{
    public static void Run(PeerArguments arguments)
    {
        var connections = new UnixStream[arguments.Number("--count", 1)];
        for (int i = 0; i < connections.Length; i++)
            connections[i] = UnixStream.Connect(arguments.Path);
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
        }
        foreach (UnixStream connection in connections)
            connection.Dispose();
    }
}
