namespace Samehost.Tool.Relays;

/// <summary>How a loop learns which of its links may move something. Used by the loop's thread alone.</summary>
internal interface ILinkWait
{
    void Add(Link link);

    void Remove(Link link);

    /// <summary>True when there is something to tell; waits for it, or for a signal, only if it <paramref name="sleeps"/>.</summary>
    bool Wait(bool sleeps);

    /// <summary>Tells the next link to which something has happened, and its end what; no link is the loop's own wake-up.</summary>
    bool TryNext(out Link? link);
}
