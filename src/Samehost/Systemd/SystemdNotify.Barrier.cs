using Samehost.Systemd;

namespace Samehost;

/// <content>Waiting until the manager has heard us.</content>
public sealed partial class SystemdNotify
{
    /// <summary>
    /// Waits, blocking the thread, until the manager has dealt with everything sent before (BARRIER=1, sd_notify_barrier(3)). A process
    /// that ends right after a notification should: the manager may otherwise look for the sender and find nobody.
    /// </summary>
    /// <param name="limit">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <returns>False when no service manager asked to be told.</returns>
    /// <exception cref="UnixSocketException">ETIMEDOUT: the time is over; otherwise as <see cref="Send"/>.</exception>
    public bool Barrier(TimeSpan limit) => BarrierAsync(limit).AsTask().GetAwaiter().GetResult();

    /// <summary>Waits until the manager has dealt with everything sent before; otherwise as <see cref="Barrier"/>.</summary>
    /// <remarks>Cancel safe: only the waiting ends.</remarks>
    /// <param name="limit">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when no service manager asked to be told.</returns>
    /// <exception cref="UnixSocketException">ETIMEDOUT: the time is over; otherwise as <see cref="Send"/>.</exception>
    public async ValueTask<bool> BarrierAsync(TimeSpan limit, CancellationToken cancellationToken = default)
    {
        CheckLimit(limit);
        if (_supervisor is null)
            return false;
        using var mark = new BarrierMark();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            await mark.SendAsync(this, deadline.Token).ConfigureAwait(false);
            await mark.WaitAsync(deadline.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Overdue();
        }
    }

    private static void CheckLimit(TimeSpan limit)
    {
        if (limit != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero);
    }

    private UnixSocketException Overdue() => new(Errno.ETIMEDOUT, "barrier", _supervisor,
        "The service manager got the message, or has it in its queue, and has not dealt with it within the time.");
}
