namespace Samehost.Reactor;

/// <summary>A call that had to wait, in the queue of its descriptor until it can be carried out or is given up.</summary>
internal abstract class PendingOperation
{
    internal PendingOperation? Next { get; set; }

    /// <summary>Where it waits; null when it does not.</summary>
    internal WaitQueue? Queue { get; set; }

    internal CancellationToken Token { get; set; }

    internal CancellationTokenRegistration Cancellation { get; set; }

    /// <summary>
    /// Tries the system call, under the queue's lock. False when it would block. Otherwise the outcome, good or bad, is kept
    /// for <see cref="Complete"/>. <paramref name="drained"/> is set when nothing more is to be had until the kernel says so.
    /// </summary>
    internal abstract bool TryPerform(ref bool drained);

    /// <summary>Keeps an error as the outcome.</summary>
    internal abstract void SetOutcome(Exception error);

    /// <summary>Hands the kept outcome to whoever awaits it; runs the continuation on this thread.</summary>
    internal abstract void Complete();

    /// <summary>Ends the call without its outcome; the continuation runs on the thread pool, never on the caller's stack.</summary>
    internal abstract void Abandon(Exception reason);
}
