namespace Samehost.Tool.Relays;

/// <summary>
/// Sees everything that passes, in the order in which it does; may be called from several threads. What it throws ends the relay: bytes
/// that could not be noted are not passed on.
/// </summary>
internal interface IRelayWatcher
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

    void Closed(int connection, LinkEnd end);
}
