namespace Samehost.TestPeer;

/// <summary>
/// <c>activated DIRECTORY</c>: prints the sockets that a service manager has passed, then serves each once: it sends the first message
/// back, after the name of the socket.
/// </summary>
internal static class Activated
{
    private static readonly string[] Variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

    public static void Run(PeerArguments arguments)
    {
        using var passed = SystemdListenSockets.Take();
        foreach (var socket in passed)
            Console.WriteLine($"{socket.Index} {socket}");
        Console.WriteLine($"variables left: {Variables.Count(name => Environment.GetEnvironmentVariable(name) is not null)}");
        foreach (var socket in passed)
            Serve(socket);
    }

    private static void Serve(SystemdListenSocket socket)
    {
        var buffer = new byte[4096];
        switch (socket.Kind)
        {
            case SystemdSocketKind.StreamListener:
                using (var listener = socket.TakeListener())
                using (var stream = listener.Accept())
                    stream.Write(CreateResponse(socket, buffer.AsSpan(0, stream.Read(buffer))));
                break;
            case SystemdSocketKind.SeqpacketListener:
                using (var listener = socket.TakeSeqpacketListener())
                using (var connection = listener.Accept())
                {
                    using var record = connection.Receive(buffer);
                    connection.Send(CreateResponse(socket, buffer.AsSpan(0, record.Count)));
                }
                break;
            case SystemdSocketKind.Datagram:
                using (var datagram = socket.TakeDatagram())
                {
                    var received = datagram.Receive(buffer);
                    datagram.SendTo(CreateResponse(socket, buffer.AsSpan(0, received.Count)), received.Sender);
                }
                break;
        }
    }

    private static byte[] CreateResponse(SystemdListenSocket socket, ReadOnlySpan<byte> message) =>
        [.. System.Text.Encoding.UTF8.GetBytes($"{socket.Name}: "), .. message];
}
