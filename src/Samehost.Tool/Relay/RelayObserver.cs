namespace Samehost.Tool.Relay;

/// <summary>
/// Observes everything that is relayed, in order; may be called from several threads. An exception ends the relay: bytes that could not be
/// recorded are not relayed.
/// </summary>
internal interface IRelayObserver
{
    /// <summary>Called when the relay listens; the first client may have been reported already.</summary>
    void Listening();

    /// <param name="connection">The number of the connection, from 1.</param>
    /// <param name="client">A description of the client.</param>
    void Opened(int connection, string client);

    /// <summary>Called for each record, or each piece of a stream.</summary>
    void Passed(int connection, Direction direction, ReadOnlySpan<byte> bytes, IReadOnlyList<DescriptorKinds> descriptors);

    /// <summary>Called when a side has shut down its sending direction.</summary>
    void Ended(int connection, Direction direction);

    void Closed(int connection, RelayLinkResult end);
}

/// <summary>Combines several observers.</summary>
internal sealed class CompositeObserver(IReadOnlyList<IRelayObserver> observers) : IRelayObserver
{
    /// <summary>Combines the non-null observers; null when there is none.</summary>
    public static IRelayObserver? Of(params IRelayObserver?[] observers) => observers.OfType<IRelayObserver>().ToArray() switch
    {
        [] => null,
        [var only] => only,
        var several => new CompositeObserver(several),
    };

    public void Listening()
    {
        foreach (var observer in observers)
            observer.Listening();
    }

    public void Opened(int connection, string client)
    {
        foreach (var observer in observers)
            observer.Opened(connection, client);
    }

    public void Passed(int connection, Direction direction, ReadOnlySpan<byte> bytes, IReadOnlyList<DescriptorKinds> descriptors)
    {
        foreach (var observer in observers)
            observer.Passed(connection, direction, bytes, descriptors);
    }

    public void Ended(int connection, Direction direction)
    {
        foreach (var observer in observers)
            observer.Ended(connection, direction);
    }

    public void Closed(int connection, RelayLinkResult end)
    {
        foreach (var observer in observers)
            observer.Closed(connection, end);
    }
}

/// <summary>Names the kinds of descriptors.</summary>
internal static class DescriptorKindNames
{
    public static string Of(IEnumerable<DescriptorKinds> kinds) => string.Join(", ", kinds.Select(Of));

    public static string Of(DescriptorKinds kind) => kind switch
    {
        DescriptorKinds.File => "file",
        DescriptorKinds.Directory => "directory",
        DescriptorKinds.Socket => "socket",
        DescriptorKinds.Pipe => "pipe",
        DescriptorKinds.Device => "device",
        DescriptorKinds.Memory => "memory",
        _ => "other",
    };
}
