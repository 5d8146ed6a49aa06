using Samehost.EventLoops;
using Samehost.Sockets;

namespace Samehost;

/// <summary>A client that a <see cref="UnixServer"/> serves, as its events tell of it.</summary>
public sealed class UnixServerConnection : IThreadPoolWorkItem
{
    private readonly UnixServer _server;
    private readonly SocketContext _context;

    internal UnixServerConnection(UnixServer server, SocketContext context, IDisposable socket, uint userId)
    {
        _server = server;
        _context = context;
        Socket = socket;
        UserId = userId;
    }

    /// <summary>The <see cref="UnixStream"/> or <see cref="UnixSeqpacket"/> that the handler has.</summary>
    public IDisposable Socket { get; }

    /// <summary>The client's user.</summary>
    public uint UserId { get; }

    /// <summary>Gets the credentials of the client, which are read when it is accepted and kept (SO_PEERCRED, unix(7)).</summary>
    public PeerCredentials Peer => _context.PeerCredentials;

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Has the handler started on the client's own event loop.</summary>
    internal void Start() => _context.Post(this);

    /// <summary>Closes the connection under its handler.</summary>
    internal void Abort() => Socket.Dispose();

    private async Task RunAsync()
    {
        try
        {
            _server.Report(nameof(UnixServerEvents.ConnectionStarted), static (events, c) => events.ConnectionStarted(c), this);
            if (!_server.HasAborted)
                await new InlineAwaitable(_server.Handle(Socket));
        }
        catch (OperationCanceledException) when (_server.Stopping.IsCancellationRequested)
        {
            // asked to end, and ended
        }
        catch (Exception error) when (HasLeft(error))
        {
            // the client did not wait for its answer
        }
#pragma warning disable CA1031 // one client's failure is told, and never reaches another
        catch (Exception error)
#pragma warning restore CA1031
        {
            _server.Metrics.Failed();
            _server.Report(nameof(UnixServerEvents.HandlerFailed), (events, c) => events.HandlerFailed(c, error), this);
        }
        finally
        {
            Socket.Dispose();
            _server.Report(nameof(UnixServerEvents.ConnectionEnded), static (events, c) => events.ConnectionEnded(c), this);
            _server.Ended(this);
        }
    }

    /// <summary>True for a failure of this very connection that says that the client has left; the handler may have others.</summary>
    private bool HasLeft(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is UnixSocketException { Errno: Errno.EPIPE or Errno.ECONNRESET } failure
                && ReferenceEquals(failure.FailedSocket, _context))
            {
                return true;
            }
        }

        return false;
    }
}
