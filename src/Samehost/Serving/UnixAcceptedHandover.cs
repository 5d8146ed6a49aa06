using Samehost.Interop;
using Samehost.Serving;
using Samehost.Sockets;

namespace Samehost;

/// <summary>Represents a handover that this process, the successor, has accepted; see <see cref="UnixHandover"/>.</summary>
public sealed class UnixAcceptedHandover : IAsyncDisposable
{
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(1);

    private readonly UnixSeqpacket _control;
    private readonly ListenerContext _state;
    private bool _isCompleted;

    private UnixAcceptedHandover(UnixSeqpacket control, ListenerContext state, int type)
    {
        _control = control;
        _state = state;
        if (type == LibcSocket.SOCK_SEQPACKET)
            SeqpacketListener = new UnixSeqpacketListener(state);
        else
            Listener = new UnixListener(state);
    }

    /// <summary>Gets the listener of a predecessor that serves streams, or null if it serves seqpacket connections.</summary>
    /// <remarks>Both processes have it until <see cref="CompleteAsync"/>. Start to serve on it before that; after it, closing the listener
    /// removes its path if the predecessor would have done so.</remarks>
    public UnixListener? Listener { get; }

    /// <summary>Gets the listener of a predecessor that serves seqpacket connections, or null if it serves streams.</summary>
    /// <remarks>See <see cref="Listener"/>.</remarks>
    public UnixSeqpacketListener? SeqpacketListener { get; }

    internal static async Task<UnixAcceptedHandover> ConnectAsync(
        UnixEndPoint control, UnixListenerOptions? options, PeerPolicy predecessorPolicy, CancellationToken cancellationToken)
    {
        options = options?.Copy(); // they are used when the predecessor has answered
        var connect = new UnixConnectOptions { RequireServer = predecessorPolicy, AcceptDescriptors = true };
        var connection = await UnixSeqpacket.ConnectAsync(control, connect, cancellationToken).ConfigureAwait(false);
        try
        {
            await HandoverProtocol.SendAsync(connection, HandoverProtocol.Request, cancellationToken).ConfigureAwait(false);
            var buffer = new byte[HandoverProtocol.MaxRecord];
            using var record = await connection.ReceiveAsync(buffer, DescriptorOptions.OnlySockets, cancellationToken)
                .ConfigureAwait(false);
            HandoverProtocol.CheckReceived(record, HandoverProtocol.Listener);
            var (word, path) = HandoverProtocol.Split(buffer.AsMemory(0, record.Count));
            if (word != HandoverProtocol.Listener)
                throw HandoverProtocol.Unexpected(word, HandoverProtocol.Listener);
            using var handle = HandoverProtocol.TakeSocket(record, word);
            var state = ListenerContext.FromPredecessor(handle, options, path, out var type);
            return new UnixAcceptedHandover(connection, state, type);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Completes the handover: the predecessor stops accepting, hands over the connections that it offers, and releases the path
    /// to this process; then it drains and stops.</summary>
    /// <remarks>
    /// <para>If the predecessor has crashed, this process takes its place with the connections received so far, unless another successor
    /// has done so, or the predecessor had stopped before and removed the path.</para>
    /// <para>Not cancel safe: after a cancellation it is unknown which process serves. If this process crashes before the predecessor has
    /// received its confirmation, the predecessor continues to serve.</para>
    /// </remarks>
    /// <returns>The connections that were handed over.</returns>
    /// <exception cref="IOException">The predecessor has not released the address: it has given up on this process, is stopping, or has
    /// stopped. Stop serving and accept again; if there is no offer any more, listen at the address.</exception>
    /// <exception cref="ObjectDisposedException">The listener was closed meanwhile; the predecessor continues to serve.</exception>
    public async Task<IReadOnlyList<UnixHandoverConnection>> CompleteAsync(CancellationToken cancellationToken = default)
    {
        var connections = new List<UnixHandoverConnection>();
        var hasCrashed = false;
        try
        {
            try
            {
                await HandoverProtocol.SendAsync(_control, HandoverProtocol.Ready, cancellationToken).ConfigureAwait(false);
                await ReceiveConnectionsAsync(connections, cancellationToken).ConfigureAwait(false);
                ObjectDisposedException.ThrowIf(_state.IsDisposed, typeof(UnixListener));
                await HandoverProtocol.SendAsync(_control, HandoverProtocol.Confirmed, cancellationToken).ConfigureAwait(false);
                await HandoverProtocol.ExpectAsync(_control, HandoverProtocol.Released, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is UnixSocketException or IOException)
            {
                hasCrashed = await HasPredecessorEndedAsync().ConfigureAwait(false);
                if (!hasCrashed)
                    throw e as IOException ?? new IOException("The predecessor canceled the handover.", e);
            }

            // A predecessor that stops removes the path before it ends; no client could connect to the socket then.
            if (!_state.AcceptHandover(predecessorDied: hasCrashed) && hasCrashed)
            {
                throw new IOException(
                    "The predecessor has ended, and another successor has its socket, or the path refers to another socket.");
            }
        }
        catch
        {
            connections.ForEach(static c => c.Stream.Dispose());
            throw;
        }

        _isCompleted = true;
        return connections;
    }

    /// <summary>Closes the connection to the predecessor and, before <see cref="CompleteAsync"/>, the listener: the predecessor then
    /// continues to serve.</summary>
    public ValueTask DisposeAsync()
    {
        _control.Dispose();
        if (!_isCompleted)
            _state.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ReceiveConnectionsAsync(List<UnixHandoverConnection> connections, CancellationToken cancellationToken)
    {
        var buffer = new byte[HandoverProtocol.MaxRecord];
        while (true)
        {
            using var record = await _control.ReceiveAsync(buffer, DescriptorOptions.OnlySockets, cancellationToken).ConfigureAwait(false);
            HandoverProtocol.CheckReceived(record, HandoverProtocol.Commit);
            var (word, state) = HandoverProtocol.Split(buffer.AsMemory(0, record.Count));
            if (word == HandoverProtocol.Commit)
                return;
            if (word != HandoverProtocol.Connection)
                throw HandoverProtocol.Unexpected(word, HandoverProtocol.Commit);
            if (state.Length > HandoverProtocol.MaxState)
                throw new IOException($"The predecessor sent a connection with more than {HandoverProtocol.MaxState} bytes of state.");
            using var handle = HandoverProtocol.TakeSocket(record, word);
            var stream = UnixStream.TryFromDescriptor(handle, mustBeConnected: true, out var problem)
                ?? throw new IOException($"The predecessor did not send a connection. {problem}");
            connections.Add(new UnixHandoverConnection(stream, state.ToArray()));
        }
    }

    /// <summary>Returns true if the predecessor has ended; the sockets of a process close shortly before it counts as ended.</summary>
    private async Task<bool> HasPredecessorEndedAsync()
    {
        try
        {
            using var predecessor = _control.OpenPeerProcess();
            for (var end = Environment.TickCount64 + (long)EndTime.TotalMilliseconds; predecessor.IsAlive;)
            {
                if (Environment.TickCount64 >= end || predecessor.Id == Environment.ProcessId)
                    return false;
                await Task.Delay(1).ConfigureAwait(false);
            }

            return true;
        }
        catch (UnixSocketException)
        {
            return false; // a kernel without pidfds for peers
        }
    }
}
