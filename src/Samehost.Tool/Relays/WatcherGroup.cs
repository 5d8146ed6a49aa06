namespace Samehost.Tool.Relays;

/// <summary>Several watchers as one.</summary>
internal sealed class WatcherGroup(IReadOnlyList<IRelayWatcher> watchers) : IRelayWatcher
{
    /// <summary>Nobody, one or several.</summary>
    public static IRelayWatcher? Of(params IRelayWatcher?[] watchers) => watchers.OfType<IRelayWatcher>().ToArray() switch
    {
        [] => null,
        [var only] => only,
        var several => new WatcherGroup(several),
    };

    public void Listening()
    {
        foreach (var watcher in watchers)
            watcher.Listening();
    }

    public void Opened(int connection, string who)
    {
        foreach (var watcher in watchers)
            watcher.Opened(connection, who);
    }

    public void Passed(int connection, Direction direction, ReadOnlySpan<byte> bytes, IReadOnlyList<DescriptorKinds> descriptors)
    {
        foreach (var watcher in watchers)
            watcher.Passed(connection, direction, bytes, descriptors);
    }

    public void Ended(int connection, Direction direction)
    {
        foreach (var watcher in watchers)
            watcher.Ended(connection, direction);
    }

    public void Closed(int connection, LinkEnd end)
    {
        foreach (var watcher in watchers)
            watcher.Closed(connection, end);
    }
}
