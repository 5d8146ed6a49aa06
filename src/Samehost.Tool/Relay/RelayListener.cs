using System.Net.Sockets;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Relay;

/// <summary>Accepts clients and passes each to the relay, which closes it.</summary>
internal abstract class RelayListener : IAsyncDisposable
{
    /// <summary>The address at which it listens.</summary>
    public abstract string Address { get; }

    /// <summary>Completes when no more clients can connect.</summary>
    public abstract Task Completion { get; }

    /// <summary>Begins to listen.</summary>
    public static RelayListener Open(RelayOptions options, Func<RelayEndpoint, CancellationToken, Task> serve, RelayLog log)
    {
        var from = options.From;
        if (from.Kind == ToolAddressKinds.Tcp)
            return new TcpRelayListener(TcpRelayListener.Listen(from), options.MaxConnections, serve, log);
        if (from.Kind == ToolAddressKinds.Local)
            return LocalRelayListener.Listen(options, serve, log);

        var inherited = InheritedSocket.Open(from);
        if (inherited.SocketType == SocketType.Dgram)
            throw new ToolException($"{from} is a datagram socket; these are relayed by path or name only");
        if (!inherited.Listens)
            return new ConnectedClient(from.ToString(), inherited.ToEndpoint(options), serve);
        return inherited.IsLocal
            ? LocalRelayListener.FromInherited(inherited, options, serve, log)
            : new TcpRelayListener(inherited.ToSocket(), options.MaxConnections, serve, log);
    }

    public abstract ValueTask DisposeAsync();
}

/// <summary>An inherited connection as the only client.</summary>
internal sealed class ConnectedClient(string address, RelayEndpoint client, Func<RelayEndpoint, CancellationToken, Task> serve)
    : RelayListener
{
    public override string Address => address;

    public override Task Completion { get; } = ServeAsync(client, serve);

    public override ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task ServeAsync(RelayEndpoint client, Func<RelayEndpoint, CancellationToken, Task> serve) =>
        await Task.Run(() => serve(client, CancellationToken.None));
}

/// <summary>Accepts local clients, with the library's limits and peer policy.</summary>
internal sealed class LocalRelayListener(UnixServer server) : RelayListener
{
    public override string Address => server.LocalEndPoint.ToString();

    public override Task Completion => server.Completion;

    public static LocalRelayListener Listen(RelayOptions options, Func<RelayEndpoint, CancellationToken, Task> serve, RelayLog log)
    {
        var address = options.From.Local!;
        var passed = PassedSocket.Find(address, options.SocketType); // a service manager may have bound the address for us
        return new LocalRelayListener(options.SocketType == SocketType.Seqpacket
            ? UnixServer.StartSeqpacket(
                passed?.TakeSeqpacketListener(options.ListenerOptions) ?? UnixSeqpacketListener.Listen(address, options.ListenerOptions),
                (client, stop) => serve(RelayEndpoint.Of(client), stop), ServerOptions(options, log))
            : UnixServer.Start(
                passed?.TakeListener(options.ListenerOptions) ?? UnixListener.Listen(address, options.ListenerOptions),
                (client, stop) => serve(RelayEndpoint.Of(client), stop), ServerOptions(options, log)));
    }

    public static LocalRelayListener FromInherited(
        InheritedSocket socket, RelayOptions options, Func<RelayEndpoint, CancellationToken, Task> serve, RelayLog log)
    {
        using var original = socket.Descriptor;
        return new LocalRelayListener(socket.SocketType == SocketType.Seqpacket
            ? UnixServer.StartSeqpacket(
                UnixSeqpacketListener.FromDescriptor(original, options.ListenerOptions),
                (client, stop) => serve(RelayEndpoint.Of(client), stop), ServerOptions(options, log))
            : UnixServer.Start(
                UnixListener.FromDescriptor(original, options.ListenerOptions),
                (client, stop) => serve(RelayEndpoint.Of(client), stop), ServerOptions(options, log)));
    }

    public override async ValueTask DisposeAsync() => await server.StopAsync(TimeSpan.Zero);

    private static UnixServerOptions ServerOptions(RelayOptions options, RelayLog log) => new()
    {
        Listener = options.ListenerOptions,
        MaxConnections = options.MaxConnections,
        MaxConnectionsPerUser = options.MaxConnections,
        Events = new Events(log),
    };

    private sealed class Events(RelayLog log) : UnixServerEvents
    {
        public override void ConnectionRefused(UnixServerRefusal refusal) => log.Info($"client refused: {refusal}");

        public override void AcceptDelayed(UnixSocketException error) => log.Problem("accepting clients is paused", error);
    }
}
