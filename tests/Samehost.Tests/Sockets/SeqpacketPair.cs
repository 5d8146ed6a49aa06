namespace Samehost.Tests.Sockets;

/// <summary>Two seqpacket sockets connected to each other, made in one of the ways there are.</summary>
internal sealed class SeqpacketPair(UnixSeqpacket client, UnixSeqpacket server) : IAsyncDisposable
{
    public UnixSeqpacket Client { get; } = client;

    public UnixSeqpacket Server { get; } = server;

    public static async Task<SeqpacketPair> ConnectAsync(UnixEndPoint at, CancellationToken token, UnixListenerOptions? options = null)
    {
        using var listener = UnixSeqpacketListener.Listen(at, options);
        var client = await UnixSeqpacket.ConnectAsync(at,
            new UnixConnectOptions { AcceptDescriptors = options?.AcceptDescriptors ?? false }, token);
        return new SeqpacketPair(client, await listener.AcceptAsync(token));
    }

    /// <summary><c>connected</c>, <c>accepted</c> (the same the other way round), <c>pair</c> or <c>adopted</c>.</summary>
    public static async Task<SeqpacketPair> MakeAsync(string way, UnixEndPoint at, CancellationToken token)
    {
        switch (way)
        {
            case "pair":
                var (one, other) = UnixSeqpacket.CreatePair();
                return new SeqpacketPair(one, other);
            case "adopted":
                var (first, second) = Samehost.Sockets.SocketContext.CreatePair(Samehost.Interop.LibcSocket.SOCK_SEQPACKET);
                using (first)
                using (second)
                {
                    return new SeqpacketPair(UnixSeqpacket.FromDescriptor(first),
                        UnixSeqpacket.FromDescriptor(second));
                }
            default:
                var pair = await ConnectAsync(at, token);
                return way == "connected" ? pair : new SeqpacketPair(pair.Server, pair.Client);
        }
    }

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        Server.Dispose();
        return ValueTask.CompletedTask;
    }
}
