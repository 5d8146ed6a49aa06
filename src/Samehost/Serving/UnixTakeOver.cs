using Samehost.Interop;
using Samehost.Serving;
using Samehost.Sockets;

namespace Samehost;

/// <summary>The successor's side of a handover; see <see cref="UnixHandover"/>.</summary>
public sealed class UnixTakeOver : IAsyncDisposable
{
    private static readonly TimeSpan DeathTime = TimeSpan.FromSeconds(1);

    private readonly UnixSeqpacket _control;
    private readonly ListenerContext _state;
    private readonly UnixListener? _streams;
    private readonly UnixSeqpacketListener? _seqpackets;
    private bool _confirmed;

    private UnixTakeOver(UnixSeqpacket control, ListenerContext state, int type)
    {
        _control = control;
        _state = state;
        if (type == LibcSocket.SOCK_SEQPACKET)
            _seqpackets = new UnixSeqpacketListener(state);
        else
            _streams = new UnixListener(state);
    }

    /// <summary>
    /// The predecessor's listening socket, shared with it until <see cref="ConfirmAsync"/>. Begin to serve on it before that; from then
    /// on its path is removed when it is closed, if the predecessor would have done so.
    /// </summary>
    /// <exception cref="InvalidOperationException">The predecessor serves seqpacket connections.</exception>
    public UnixListener Listener => _streams
        ?? throw new InvalidOperationException("The predecessor serves seqpacket connections: take SeqpacketListener.");

    /// <summary>As <see cref="Listener"/>, where the predecessor serves seqpacket connections.</summary>
    /// <exception cref="InvalidOperationException">The predecessor serves streams.</exception>
    public UnixSeqpacketListener SeqpacketListener => _seqpackets
        ?? throw new InvalidOperationException("The predecessor serves streams: take Listener.");

    /// <summary>Asks a running server to hand over.</summary>
    /// <remarks>Cancel safe: the predecessor goes on.</remarks>
    /// <param name="control">Where it offers to.</param>
    /// <param name="options">Who may connect to the listener from now on, whether descriptors are taken, and the backlog; give the same
    /// as to a listener of your own. The socket file stays as it is.</param>
    /// <param name="predecessors">Who the predecessor has to be; our own user and root when null.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="UnixSocketException">ENOENT or ECONNREFUSED: nobody offers there. EACCES: the predecessor is somebody else.
    /// ECONNRESET or EPIPE: it left. EMFILE: there is no descriptor for its socket.</exception>
    /// <exception cref="IOException">The predecessor does not want us, left, or does not speak the protocol.</exception>
    /// <exception cref="ArgumentException">The address is an abstract name, and the options have no policy.</exception>
    public static async Task<UnixTakeOver> RequestAsync(
        UnixEndPoint control, UnixListenerOptions? options = null, PeerPolicy? predecessors = null,
        CancellationToken cancellationToken = default)
    {
        var connect = new UnixConnectOptions { RequireServer = predecessors ?? PeerPolicy.SelfAndRoot, AcceptDescriptors = true };
        var connection = await UnixSeqpacket.ConnectAsync(control, connect, cancellationToken).ConfigureAwait(false);
        try
        {
            await HandoverProtocol.SendAsync(connection, HandoverProtocol.Take, cancellationToken).ConfigureAwait(false);
            var buffer = new byte[HandoverProtocol.MostRecord];
            using var record = await connection.ReceiveAsync(buffer, DescriptorOptions.OnlySockets, cancellationToken)
                .ConfigureAwait(false);
            HandoverProtocol.CheckCame(record, HandoverProtocol.Listener);
            var (word, path) = HandoverProtocol.Split(buffer.AsMemory(0, record.Count));
            if (word != HandoverProtocol.Listener)
                throw HandoverProtocol.Unexpected(word, HandoverProtocol.Listener);
            using var handle = HandoverProtocol.TakeSocket(record, word);
            var state = ListenerContext.FromPredecessor(handle, options, path, out int type);
            return new UnixTakeOver(connection, state, type);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Says that we serve: the predecessor stops accepting, hands over the connections that are to live on, and leaves the path to us. It
    /// then drains and ends by itself. Should it be dead instead, we are its heirs, with the connections that had come, unless another
    /// successor is, or it had stopped before: then the path is gone, and with it all there was to inherit.
    /// </summary>
    /// <remarks>Not cancel safe: afterwards it is open who serves. Should this process die before it returns, the predecessor goes on as
    /// long as it has not been told.</remarks>
    /// <returns>The live connections.</returns>
    /// <exception cref="IOException">The predecessor has not left the address to us: it gave us up, is stopping, or has stopped. Stop
    /// serving, and ask again; where nobody offers any more, listen at the address.</exception>
    /// <exception cref="ObjectDisposedException">The listener was closed meanwhile; the predecessor goes on.</exception>
    public async Task<IReadOnlyList<HandoverConnection>> ConfirmAsync(CancellationToken cancellationToken = default)
    {
        var connections = new List<HandoverConnection>();
        bool died = false;
        try
        {
            try
            {
                await HandoverProtocol.SendAsync(_control, HandoverProtocol.Ready, cancellationToken).ConfigureAwait(false);
                await ReceiveConnectionsAsync(connections, cancellationToken).ConfigureAwait(false);
                ObjectDisposedException.ThrowIf(_state.IsDisposed, typeof(UnixListener));
                await HandoverProtocol.SendAsync(_control, HandoverProtocol.Confirmed, cancellationToken).ConfigureAwait(false);
                await HandoverProtocol.ExpectAsync(_control, HandoverProtocol.Left, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is UnixSocketException or IOException)
            {
                died = await HasDiedAsync().ConfigureAwait(false);
                if (!died)
                    throw e as IOException ?? new IOException("The predecessor broke the handover off.", e);
            }

            // One that stops removes the path before it ends. Nobody could come to a socket that we went on with then.
            if (!_state.Inherit(isHeir: died) && died)
                throw new IOException("The predecessor has ended, and another successor has its socket, or the path leads elsewhere.");
        }
        catch
        {
            connections.ForEach(static c => c.Stream.Dispose());
            throw;
        }

        _confirmed = true;
        return connections;
    }

    /// <summary>Ends the conversation with the predecessor. After <see cref="ConfirmAsync"/> the listener stays open; before, it is
    /// closed here, and the predecessor goes on serving.</summary>
    public ValueTask DisposeAsync()
    {
        _control.Dispose();
        if (!_confirmed)
            _state.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ReceiveConnectionsAsync(List<HandoverConnection> connections, CancellationToken token)
    {
        var buffer = new byte[HandoverProtocol.MostRecord];
        while (true)
        {
            using var record = await _control.ReceiveAsync(buffer, DescriptorOptions.OnlySockets, token).ConfigureAwait(false);
            HandoverProtocol.CheckCame(record, HandoverProtocol.Yours);
            var (word, state) = HandoverProtocol.Split(buffer.AsMemory(0, record.Count));
            if (word == HandoverProtocol.Yours)
                return;
            if (word != HandoverProtocol.Connection)
                throw HandoverProtocol.Unexpected(word, HandoverProtocol.Yours);
            if (state.Length > HandoverProtocol.MostState)
                throw new IOException($"The predecessor sent a connection with more than {HandoverProtocol.MostState} bytes of state.");
            using var handle = HandoverProtocol.TakeSocket(record, word);
            var stream = UnixStream.TryFromDescriptor(handle, mustBeConnected: true, out string? problem)
                ?? throw new IOException($"The predecessor did not send a connection. {problem}");
            connections.Add(new HandoverConnection(stream, state.ToArray()));
        }
    }

    /// <summary>Whether the predecessor is dead. Of a process that dies its sockets close a moment before it counts as ended.</summary>
    private async Task<bool> HasDiedAsync()
    {
        try
        {
            using var predecessor = _control.OpenPeerProcess();
            for (long end = Environment.TickCount64 + (long)DeathTime.TotalMilliseconds; predecessor.IsAlive;)
            {
                if (Environment.TickCount64 >= end || predecessor.Id == Environment.ProcessId)
                    return false;
                await Task.Delay(1).ConfigureAwait(false);
            }

            return true;
        }
        catch (UnixSocketException)
        {
            return false; // a kernel that cannot tell
        }
    }
}
