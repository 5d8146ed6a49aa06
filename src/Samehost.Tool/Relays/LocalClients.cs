using Samehost.Tool.Arguments;

namespace Samehost.Tool.Relays;

/// <summary>Clients of a local address, with the library's limits and its judgement of who may connect.</summary>
internal sealed class LocalClients(UnixServer server) : RelayClients
{
    public override string Address => server.LocalEndPoint.ToString();

    public override Task Completion => server.Completion;

    public static LocalClients Listen(RelayOptions options, Func<RelayPeer, CancellationToken, Task> serve, RelayLog log)
    {
        UnixEndPoint address = options.From.Local!;
        return new LocalClients(options.Kind == SocketKind.Seqpacket
            ? UnixServer.StartSeqpacket(address, (client, stop) => serve(RelayPeer.Of(client), stop), ServerOptions(options, log))
            : UnixServer.Start(address, (client, stop) => serve(RelayPeer.Of(client), stop), ServerOptions(options, log)));
    }

    public static LocalClients Adopt(
        InheritedSocket socket, RelayOptions options, Func<RelayPeer, CancellationToken, Task> serve, RelayLog log)
    {
        using var original = socket.Descriptor;
        return new LocalClients(socket.Kind == SocketKind.Seqpacket
            ? UnixServer.StartSeqpacket(
                UnixSeqpacketListener.FromDescriptor(original, options.Listening),
                (client, stop) => serve(RelayPeer.Of(client), stop), ServerOptions(options, log))
            : UnixServer.Start(
                UnixListener.FromDescriptor(original, options.Listening),
                (client, stop) => serve(RelayPeer.Of(client), stop), ServerOptions(options, log)));
    }

    public override async ValueTask DisposeAsync() => await server.StopAsync(TimeSpan.Zero);

    private static UnixServerOptions ServerOptions(RelayOptions options, RelayLog log) => new()
    {
        Listener = options.Listening,
        MaxConnections = options.MaxConnections,
        MaxConnectionsPerUser = options.MaxConnections,
        Events = new Events(log),
    };

    private sealed class Events(RelayLog log) : UnixServerEvents
    {
        public override void ConnectionRefused(UnixServerRefusal refusal) => log.Say($"client refused: {refusal}");

        public override void AcceptDelayed(UnixSocketException error) => log.Problem("no client is accepted for the moment", error);
    }
}
