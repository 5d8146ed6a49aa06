namespace Samehost.TestPeer;

/// <summary><c>look-up PATH</c>: says what the socket table tells this process about the socket that is bound there.</summary>
internal static class LookUp
{
    public static void Run(PeerArguments arguments)
    {
        UnixSocketTable table = UnixSocketTable.Read();
        UnixSocketEntry socket = table.BoundTo(arguments.Path).Single();
        Console.WriteLine(
            $"{socket.State} user {socket.UserId} processes {socket.Processes.Count} unreadable {table.UnreadableProcesses > 0}");
    }
}
