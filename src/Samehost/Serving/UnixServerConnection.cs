using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <summary>A client that a <see cref="UnixServer"/> serves, as its events tell of it.</summary>
public sealed class UnixServerConnection : IThreadPoolWorkItem
{
    private readonly UnixServer _server;
    private readonly SocketCore _core;
    private PeerCredentials? _peer;

    internal UnixServerConnection(UnixServer server, SocketCore core, IDisposable socket, in UCred peer)
    {
        _server = server;
        _core = core;
        Socket = socket;
        UserId = peer.Uid;
    }

    /// <summary>The <see cref="UnixStream"/> or <see cref="UnixSeqpacket"/> that the handler has.</summary>
    public IDisposable Socket { get; }

    /// <summary>The client's user.</summary>
    public uint UserId { get; }

    /// <summary>Who the client is. Ask while it is connected.</summary>
    /// <exception cref="ObjectDisposedException">The connection is closed, and was not asked before.</exception>
    public PeerCredentials Peer => _peer ??= PeerCredentials.Of(_core.Descriptor);

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Has the handler started on the client's own event loop.</summary>
    internal void Start() => _core.Post(this);

    /// <summary>Closes the connection under its handler.</summary>
    internal void Abort() => Socket.Dispose();

    private async Task RunAsync()
    {
        try
        {
            _server.Tell(static (events, c) => events.ConnectionStarted(c), this);
            await _server.Handle(Socket).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_server.Stopping.IsCancellationRequested)
        {
            // asked to end, and ended
        }
#pragma warning disable CA1031 // one client's failure is told, and never reaches another
        catch (Exception error)
#pragma warning restore CA1031
        {
            _server.Metrics.Failed();
            _server.Tell((events, c) => events.HandlerFailed(c, error), this);
        }
        finally
        {
            Socket.Dispose();
            _server.Tell(static (events, c) => events.ConnectionEnded(c), this);
            _server.Ended(this);
        }
    }
}
