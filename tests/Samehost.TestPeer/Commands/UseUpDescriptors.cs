namespace Samehost.TestPeer;

/// <summary>
/// <c>use-up-descriptors PATH</c>: opens sockets until there are no descriptors left and says how each call then fails, then
/// closes two and says <c>accepted</c> when the connection that waited is accepted after all.
/// </summary>
internal static class UseUpDescriptors
{
    public static void Run(PeerArguments arguments)
    {
        using var listener = UnixListener.Listen(arguments.Path);
        Rehearse(arguments);
        listener.Accept().Dispose();
        using var waiting = UnixStream.Connect(arguments.Path);
        var open = new Stack<IDisposable>();
        string first = Failure(() =>
        {
            while (true)
                open.Push(UnixDatagram.Create());
        });
        string[] failures =
        [
            Failure(() => UnixStream.CreatePair()),
            Failure(() => UnixDatagram.CreatePair()),
            Failure(() => UnixStream.Connect(arguments.Path)),
            Failure(() => UnixListener.Listen(UnixEndPoint.Autobind, new() { PeerPolicy = PeerPolicy.Anyone })),
            Failure(() => listener.Accept()),
            Failure(() => UnixStream.FromDescriptor(waiting.SafeHandle)),
            Failure(() => waiting.ToSocket()),
        ];

        open.Pop().Dispose();
        open.Pop().Dispose();
        using var accepted = listener.Accept();
        waiting.WriteByte(1);
        Console.WriteLine(first);
        Array.ForEach(failures, Console.WriteLine);
        Console.WriteLine(accepted.ReadByte() == 1 ? "accepted" : "lost");
        while (open.TryPop(out var socket))
            socket.Dispose();
    }

    /// <summary>The runtime opens files of its own when code runs for the first time: here, while it still can.</summary>
    private static void Rehearse(PeerArguments arguments)
    {
        Console.WriteLine("ready");
        using var first = UnixStream.Connect(arguments.Path);
        using var second = UnixStream.FromDescriptor(first.SafeHandle);
        second.ToSocket().Dispose();
        using var listener = UnixListener.Listen(UnixEndPoint.Autobind, new() { PeerPolicy = PeerPolicy.Anyone });
        _ = Failure(() => throw new UnixSocketException(Errno.EMFILE, "rehearse", arguments.Path));
        foreach (var pair in new[] { UnixDatagram.CreatePair() })
        {
            pair.First.Dispose();
            pair.Second.Dispose();
        }
    }

    private static string Failure(Action call)
    {
        try
        {
            call();
            return "worked";
        }
        catch (UnixSocketException e)
        {
            return $"{e.Errno} {e.SocketErrorCode} {e.Summary}; {(e.Hint is null ? "no hint" : "hint")}";
        }
    }
}
