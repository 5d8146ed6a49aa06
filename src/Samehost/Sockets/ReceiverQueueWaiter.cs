using Samehost.Addresses;
using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>
/// Waits for room in the queue of a receiver that our socket is not connected to. The kernel reports that room only to connected
/// sockets, so a second socket is connected to the receiver and waited on; it never sends anything.
/// </summary>
internal sealed class ReceiverQueueWaiter : IDisposable
{
    // When both sockets look ready and the send still says EAGAIN, others were faster; looking again at once could spin.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(20);

    private readonly SocketContext _sender;
    private readonly SocketContext? _connected;
    private TimeSpan _pause = ShortestPause;

    /// <param name="sender">Who waits.</param>
    /// <param name="receiver">Whose queue it is; null where that is not known, for a pair without names.</param>
    public ReceiverQueueWaiter(SocketContext sender, UnixEndPoint? receiver)
    {
        _sender = sender;
        if (receiver is null || LibcSocket.Socket(LibcSocket.SOCK_DGRAM, out var descriptor) < 0)
            return; // no descriptor to spare: pauses have to do
        _connected = new SocketContext(descriptor!.Detach(), LibcSocket.SOCK_DGRAM);
        using var address = new CallAddress(receiver, stackalloc byte[LibcSocket.SockAddrSize]);
        if (address.Connect(_connected) >= 0)
            return;
        _connected.Dispose(); // it has closed, or is connected to another socket, which the next send reports
        _connected = null;
    }

    public async ValueTask WaitAsync(CancellationToken token)
    {
        var waited = await WaitWritableAsync(_sender, token).ConfigureAwait(false);
        if (_connected is not null)
            waited |= await WaitWritableAsync(_connected, token).ConfigureAwait(false);
        if (!waited)
            await Task.Delay(NextPause(), token).ConfigureAwait(false);
    }

    public void Wait()
    {
        var waited = WaitWritable(_sender);
        if (_connected is not null)
            waited |= WaitWritable(_connected);
        if (!waited)
            Thread.Sleep(NextPause());
    }

    public void Dispose() => _connected?.Dispose();

    private static async ValueTask<bool> WaitWritableAsync(SocketContext socket, CancellationToken cancellationToken)
    {
        var room = socket.SendAsync(socket, new WritableCall(), default, cancellationToken);
        var waits = !room.IsCompleted;
        await room.ConfigureAwait(false);
        return waits;
    }

    private static bool WaitWritable(SocketContext socket)
    {
        if (LibcPoll.IsReady(socket, LibcPoll.POLLOUT))
            return false;
        socket.WaitReady(LibcPoll.POLLOUT, LibcPoll.Forever);
        return true;
    }

    private TimeSpan NextPause()
    {
        var pause = _pause;
        _pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        return pause;
    }
}
