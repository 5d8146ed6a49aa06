namespace Samehost.EventLoops;

/// <summary>A call that had to wait, in the queue of its descriptor until it can be carried out or is given up.</summary>
internal abstract class PendingOperation : LoopValueTaskSource
{
    internal PendingOperation? Next { get; set; }

    /// <summary>Where it waits; null when it does not.</summary>
    internal OperationQueue? Queue { get; set; }

    /// <summary>The descriptor that it waits for, or has waited for.</summary>
    internal Registration? Origin { get; set; }

    protected sealed override EventLoop? ContinuationLoop => Origin?.LoopIfChosen;

    internal CancellationToken Token { get; set; }

    internal CancellationTokenRegistration Cancellation { get; set; }

    /// <summary>
    /// Tries the system call, under the queue's lock. False when it would block. Otherwise the outcome, good or bad, is kept
    /// for <see cref="Complete"/>. <paramref name="drained"/> is set when nothing more is to be had until the kernel says so.
    /// </summary>
    internal abstract bool TryPerform(ref bool drained);

    /// <summary>Keeps an error as the outcome.</summary>
    internal abstract void SetOutcome(Exception error);

    /// <summary>Makes the kept outcome known; the continuation runs on this thread.</summary>
    internal void Complete() => CompleteHere();

    /// <summary>Ends the call with an error instead; the continuation runs on the event loop, never on the caller's stack.</summary>
    internal void Abandon(Exception reason)
    {
        SetOutcome(reason);
        CompleteOnLoop();
    }
}
