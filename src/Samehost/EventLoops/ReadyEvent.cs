namespace Samehost.EventLoops;

/// <summary>One piece of a loop's batch: a call that was carried out and is to be completed, or events to look after.</summary>
internal struct ReadyEvent
{
    /// <summary>Whose it is; null when there is nothing to do.</summary>
    public Registration? Registration;

    /// <summary>What was carried out.</summary>
    public PendingOperation? Operation;

    /// <summary>What epoll told, if nothing has come of it yet.</summary>
    public uint Events;
}
