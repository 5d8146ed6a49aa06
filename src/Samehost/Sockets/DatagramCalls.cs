namespace Samehost.Sockets;

/// <summary>A blocking receive.</summary>
internal ref struct ReceiveCall(DatagramState datagram, Span<byte> buffer) : IBlockingCall
{
    private readonly Span<byte> _buffer = buffer;
    private UnixDatagramReceiveResult _received;

    public readonly UnixDatagramReceiveResult Received => _received;

    public int Try()
    {
        List<IDisposable>? refused = null;
        int result = datagram.Receive(_buffer, out _received, ref refused);
        DeferredClose.Now(ref refused);
        return result;
    }
}

/// <summary>A blocking send to the connected peer.</summary>
internal readonly ref struct SendCall(DatagramState datagram, ReadOnlySpan<byte> bytes) : IBlockingCall
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Try() => datagram.Send(_bytes);
}
