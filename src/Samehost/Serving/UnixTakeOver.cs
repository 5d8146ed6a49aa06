using System.Text;
using Samehost.Serving;

namespace Samehost;

/// <summary>The successor's side of a hand-over; see <see cref="UnixHandOver"/>.</summary>
public sealed class UnixTakeOver : IAsyncDisposable
{
    private readonly UnixSeqpacket _control;

    private UnixTakeOver(UnixSeqpacket control, UnixListener listener)
    {
        _control = control;
        Listener = listener;
    }

    /// <summary>
    /// The predecessor's listening socket, shared with it until <see cref="ConfirmAsync"/>. Begin to serve on it before that; from then on its
    /// path is removed when it is closed.
    /// </summary>
    public UnixListener Listener { get; }

    /// <summary>Asks a running server to hand over.</summary>
    /// <remarks>Cancel safe: the predecessor goes on.</remarks>
    /// <param name="control">Where it offers to.</param>
    /// <param name="options">Who may connect to the listener from now on, and whether descriptors are taken.</param>
    /// <param name="predecessors">Who the predecessor has to be; our own user and root when null.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="UnixSocketException">ENOENT or ECONNREFUSED: nobody offers there. EACCES: the predecessor is somebody else.</exception>
    /// <exception cref="IOException">The predecessor left, or does not speak the protocol.</exception>
    public static async Task<UnixTakeOver> RequestAsync(
        UnixEndPoint control, UnixListenerOptions? options = null, PeerPolicy? predecessors = null, CancellationToken cancellationToken = default)
    {
        var connect = new UnixConnectOptions { RequireServer = predecessors ?? PeerPolicy.SelfAndRoot, AcceptDescriptors = true };
        var connection = await UnixSeqpacket.ConnectAsync(control, connect, cancellationToken).ConfigureAwait(false);
        try
        {
            await HandOverProtocol.SendAsync(connection, HandOverProtocol.Take, cancellationToken).ConfigureAwait(false);
            var buffer = new byte[64];
            using var record = await connection.ReceiveAsync(buffer, DescriptorOptions.OnlySockets, cancellationToken).ConfigureAwait(false);
            if (record.IsEnd || record.Descriptors.Count != 1 || Encoding.ASCII.GetString(buffer, 0, record.Count) != HandOverProtocol.Listener)
                throw new IOException("The predecessor did not hand over its listening socket; is it another version, or does it offer to somebody else now?");
            using var handle = record.Descriptors.Take(0);
            return new UnixTakeOver(connection, UnixListener.FromDescriptor(handle, options));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Says that we serve: the predecessor stops accepting, hands over the connections that are to live on, and leaves the path to us. It then
    /// drains and ends by itself.
    /// </summary>
    /// <remarks>Not cancel safe: afterwards it is open who serves. Should this process die before it returns, the predecessor goes on as long
    /// as it has not been told.</remarks>
    /// <returns>The live connections.</returns>
    /// <exception cref="IOException">The predecessor died on the way; the listener is ours alone then, and goes on.</exception>
    public async Task<IReadOnlyList<HandedConnection>> ConfirmAsync(CancellationToken cancellationToken = default)
    {
        var connections = new List<HandedConnection>();
        try
        {
            await HandOverProtocol.SendAsync(_control, HandOverProtocol.Ready, cancellationToken).ConfigureAwait(false);
            while (await ReceiveConnectionAsync(cancellationToken).ConfigureAwait(false) is { } connection)
                connections.Add(connection);
            await HandOverProtocol.SendAsync(_control, HandOverProtocol.Confirmed, cancellationToken).ConfigureAwait(false);
            await HandOverProtocol.ExpectAsync(_control, HandOverProtocol.Left, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            connections.ForEach(static c => c.Stream.Dispose());
            throw;
        }

        Listener.State.AdoptFile();
        return connections;
    }

    /// <summary>Ends the conversation with the predecessor; the listener stays open. Before <see cref="ConfirmAsync"/> the predecessor goes on
    /// serving.</summary>
    public ValueTask DisposeAsync() => _control.DisposeAsync();

    private async ValueTask<HandedConnection?> ReceiveConnectionAsync(CancellationToken token)
    {
        var buffer = new byte[HandOverProtocol.MostState + 64];
        using var record = await _control.ReceiveAsync(buffer, DescriptorOptions.OnlySockets, token).ConfigureAwait(false);
        if (record.IsEnd)
            throw new IOException("The predecessor left before it had handed over.");
        var bytes = buffer.AsMemory(0, record.Count);
        int end = bytes.Span.IndexOf((byte)0);
        string word = Encoding.ASCII.GetString((end < 0 ? bytes : bytes[..end]).Span);
        if (word == HandOverProtocol.Yours)
            return null;
        if (word != HandOverProtocol.Connection || end < 0 || record.Descriptors.Count != 1)
            throw new IOException("The predecessor sent something that is not part of a hand-over; is it another version?");
        using var handle = record.Descriptors.Take(0);
        return new HandedConnection(UnixStream.FromDescriptor(handle), bytes[(end + 1)..].ToArray());
    }
}
