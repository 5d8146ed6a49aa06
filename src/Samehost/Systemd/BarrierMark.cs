using Samehost.Interop;
using Samehost.EventLoops;

namespace Samehost.Systemd;

/// <summary>
/// A pipe whose write end goes to the manager: when it closes that end, which it does in the order of the messages, ours hangs up.
/// </summary>
internal sealed class BarrierMark : IDisposable
{
    private static readonly string[] Message = ["BARRIER=1"];

    private readonly Descriptor _ours;
    private readonly Descriptor _theirs;
    private readonly Registration _registration;

    public BarrierMark()
    {
        if (LibcPipe.Create(out var readEnd, out var writeEnd) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "pipe");
        _ours = readEnd!;
        _theirs = writeEnd!;
        _registration = new Registration(_ours);
    }

    public async ValueTask SendAsync(SystemdNotify notify, CancellationToken token)
    {
        await notify.SendAsync(Message, [_theirs], token).ConfigureAwait(false);
        _theirs.Dispose();
    }

    /// <summary>Ends when the manager has closed its end.</summary>
    public ValueTask WaitAsync(CancellationToken token) => _registration.Readers.RunWithoutResult(new HangUp(_ours), token);

    public void Dispose()
    {
        _registration.Close(); // before the descriptor, so that the loop never meets another with its number
        _ours.Dispose();
        _theirs.Dispose();
    }

    private sealed class HangUp(Descriptor end) : PendingOperation<int>
    {
        internal override bool TryPerform(ref bool drained)
        {
            if (!LibcPoll.IsReady(end, events: 0)) // a hang-up is reported unasked
                return false;
            SetOutcome(0);
            return true;
        }
    }
}
