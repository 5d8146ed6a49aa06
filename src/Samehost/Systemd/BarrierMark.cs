using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost.Systemd;

/// <summary>
/// A pipe whose write end goes to the manager: when it closes that end, which it does in the order of the messages, ours hangs up.
/// </summary>
internal sealed class BarrierMark : IDisposable
{
    private static readonly string[] Message = ["BARRIER=1"];

    private readonly SocketContext _ours; // of a pipe, of which nothing is asked but to wait
    private readonly Descriptor _theirs;

    public BarrierMark()
    {
        if (LibcPipe.Create(out var readEnd, out var writeEnd) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "pipe");
        _ours = new SocketContext(readEnd!.Detach(), type: 0);
        _theirs = writeEnd!;
    }

    public async ValueTask SendAsync(SystemdNotify notify, CancellationToken token)
    {
        await notify.SendAsync(Message, [_theirs], token).ConfigureAwait(false);
        _theirs.Dispose();
    }

    /// <summary>Ends when the manager has closed its end.</summary>
    public async ValueTask WaitAsync(CancellationToken token) =>
        _ = await _ours.ReceiveAsync<HangUpCall, int>(this, default, default, token).ConfigureAwait(false);

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    private readonly struct HangUpCall : ISocketCall<int>
    {
        public int Try(SocketContext socket, Span<byte> buffer, ref bool drained, ref List<IDisposable>? refused) =>
            LibcPoll.IsReady(socket, events: 0) ? 0 : SocketContext.Again; // a hang-up is reported unasked

        public int GetResult(int result) => result;

        public Exception CreateException(SocketContext socket, int error) => new UnixSocketException((Errno)(-error), "poll");
    }
}
