using Samehost.Tool.Arguments;
using Samehost.Tool.Commands;

namespace Samehost.Tool.Relays;

/// <summary>Where clients come from: each is handed to the relay, and closed when that is done with it.</summary>
internal abstract class RelayClients : IAsyncDisposable
{
    /// <summary>Where they connect to, as it turned out.</summary>
    public abstract string Address { get; }

    /// <summary>Ends when no more clients can come.</summary>
    public abstract Task Completion { get; }

    /// <summary>Begins to listen.</summary>
    public static RelayClients Open(RelayOptions options, Func<RelayPeer, CancellationToken, Task> serve, RelayLog log)
    {
        ToolAddress from = options.From;
        if (from.Kind == ToolAddressKinds.Tcp)
            return new TcpClients(TcpClients.Listen(from), options.MaxConnections, serve, log);
        if (from.Kind == ToolAddressKinds.Local)
            return LocalClients.Listen(options, serve, log);

        var inherited = InheritedSocket.Open(from);
        if (inherited.Kind == SocketKind.Datagram)
            throw new ToolException($"{from} is a datagram socket; these are relayed by path or name only");
        if (!inherited.Listens)
            return new OneClient(from.ToString(), inherited.Connection(options), serve);
        return inherited.IsLocal
            ? LocalClients.Adopt(inherited, options, serve, log)
            : new TcpClients(inherited.ToSocket(), options.MaxConnections, serve, log);
    }

    public abstract ValueTask DisposeAsync();
}

/// <summary>A client that was there before we were.</summary>
internal sealed class OneClient(string address, RelayPeer client, Func<RelayPeer, CancellationToken, Task> serve) : RelayClients
{
    public override string Address => address;

    public override Task Completion { get; } = ServeAsync(client, serve);

    public override ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task ServeAsync(RelayPeer client, Func<RelayPeer, CancellationToken, Task> serve) =>
        await Task.Run(() => serve(client, CancellationToken.None));
}
