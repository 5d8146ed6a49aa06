namespace Samehost;

/// <summary>What a datagram socket received.</summary>
/// <param name="Count">How many bytes are in the buffer.</param>
/// <param name="Length">How many bytes the datagram had; more than <paramref name="Count"/> when the buffer was too small for it.</param>
/// <param name="Sender">Where it came from; <see cref="UnixEndPoint.Unnamed"/> when the sender has no address, and cannot be answered.
/// Its bytes are the sender's choice: never take them for who the sender is.</param>
public readonly record struct UnixDatagramReceiveResult(int Count, int Length, UnixEndPoint Sender)
{
    /// <summary>True when the end of the datagram did not fit the buffer and is lost.</summary>
    public bool IsTruncated => Length > Count;
}
