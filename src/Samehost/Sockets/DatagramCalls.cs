namespace Samehost.Sockets;

/// <summary>A blocking receive.</summary>
internal ref struct ReceiveCall(DatagramState datagram, Span<byte> buffer) : ISyncCall
{
    private readonly Span<byte> _buffer = buffer;
    private UnixDatagramReceiveResult _received;

    public readonly UnixDatagramReceiveResult Received => _received;

    public int Try() => datagram.Receive(_buffer, out _received);
}

/// <summary>A blocking send to the connected peer.</summary>
internal readonly ref struct SendCall(DatagramState datagram, ReadOnlySpan<byte> bytes) : ISyncCall
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Try() => datagram.Send(_bytes);
}
