using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost.Systemd;

/// <summary>A pipe whose write end is sent to the service manager, which closes it in the order of the notifications; the read end then
/// reports a hang-up.</summary>
internal sealed class BarrierPipe : IDisposable
{
    private static readonly string[] Message = ["BARRIER=1"];

    private readonly SocketContext _readEnd; // not a socket; it is used to wait only
    private readonly Descriptor _writeEnd;

    public BarrierPipe()
    {
        if (LibcPipe.Create(out var readEnd, out var writeEnd) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "pipe");
        _readEnd = new SocketContext(readEnd!.Detach(), type: 0);
        _writeEnd = writeEnd!;
    }

    public async ValueTask SendAsync(SystemdNotifier notify, CancellationToken cancellationToken)
    {
        await notify.SendAsync(Message, [_writeEnd], cancellationToken).ConfigureAwait(false);
        _writeEnd.Dispose();
    }

    /// <summary>Completes when the service manager has closed the write end.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) =>
        _ = await _readEnd.ReceiveAsync<HangUpCall, int>(this, default, default, cancellationToken).ConfigureAwait(false);

    public void Dispose()
    {
        _readEnd.Dispose();
        _writeEnd.Dispose();
    }

    private readonly struct HangUpCall : ISocketCall<int>
    {
        public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused) =>
            LibcPoll.IsReady(socket, events: 0) ? 0 : SocketContext.Again; // a hang-up is always reported

        public int GetResult(int result) => result;

        public Exception CreateException(SocketContext socket, int error) => new UnixSocketException((Errno)(-error), "poll");
    }
}
