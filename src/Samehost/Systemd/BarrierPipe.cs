using Samehost.Interop;
using Samehost.EventLoops;

namespace Samehost.Systemd;

/// <summary>A pipe whose write end is sent to the service manager, which closes it in the order of the notifications; the read end then
/// reports a hang-up.</summary>
internal sealed class BarrierPipe : IDisposable
{
    private static readonly string[] Message = ["BARRIER=1"];

    private readonly Descriptor _readEnd;
    private readonly Descriptor _writeEnd;
    private readonly Registration _registration;

    public BarrierPipe()
    {
        if (LibcPipe.Create(out var readEnd, out var writeEnd) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "pipe");
        _readEnd = readEnd!;
        _writeEnd = writeEnd!;
        _registration = new Registration(_readEnd);
    }

    public async ValueTask SendAsync(SystemdNotifier notify, CancellationToken cancellationToken)
    {
        await notify.SendAsync(Message, [_writeEnd], cancellationToken).ConfigureAwait(false);
        _writeEnd.Dispose();
    }

    /// <summary>Completes when the service manager has closed the write end.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) =>
        _registration.Readers.RunWithoutResult(new HangUp(_readEnd), cancellationToken);

    public void Dispose()
    {
        _registration.Close(); // before the descriptor, so that the event loop never sees a new one with its number
        _readEnd.Dispose();
        _writeEnd.Dispose();
    }

    private sealed class HangUp(Descriptor end) : PendingOperation<int>
    {
        internal override bool TryPerform(ref bool drained)
        {
            if (!LibcPoll.IsReady(end, events: 0)) // a hang-up is always reported
                return false;
            SetOutcome(0);
            return true;
        }
    }
}
