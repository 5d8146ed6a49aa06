namespace Samehost.Tool.Relay;

/// <summary>
/// Sees everything that passes, in the order in which it does; may be called from several threads. What it throws ends the relay: bytes
/// that could not be noted are not passed on.
/// </summary>
internal interface IRelayObserver
{
    /// <summary>Clients can come from now on; the first may have been told of already.</summary>
    void Listening();

    /// <param name="connection">Its number, from 1.</param>
    /// <param name="who">The client, as far as is known.</param>
    void Opened(int connection, string who);

    /// <summary>A record, or a piece of a stream.</summary>
    void Passed(int connection, Direction direction, ReadOnlySpan<byte> bytes, IReadOnlyList<DescriptorKinds> descriptors);

    /// <summary>One side sends no more.</summary>
    void Ended(int connection, Direction direction);

    void Closed(int connection, RelayLinkResult end);
}

/// <summary>Several observers as one.</summary>
internal sealed class CompositeObserver(IReadOnlyList<IRelayObserver> observers) : IRelayObserver
{
    /// <summary>Nobody, one or several.</summary>
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

    public void Opened(int connection, string who)
    {
        foreach (var observer in observers)
            observer.Opened(connection, who);
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

/// <summary>What descriptors stand for, in words.</summary>
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
