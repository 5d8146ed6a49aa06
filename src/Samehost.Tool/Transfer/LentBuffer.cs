using System.Buffers;

namespace Samehost.Tool.Transfer;

/// <summary>
/// A buffer that a connection has only while there is something in it: rented when a receive looks for data, and returned at once where
/// there is none. A connection that waits has no buffer.
/// </summary>
internal sealed class LentBuffer(int size) : IBufferWriter<byte>, IDisposable
{
    private byte[]? _rented;

    /// <summary>What was received, until <see cref="Return"/>.</summary>
    public ReadOnlyMemory<byte> Received(int count) => _rented.AsMemory(0, count);

    public Memory<byte> GetMemory(int sizeHint = 0) => (_rented ??= ArrayPool<byte>.Shared.Rent(size)).AsMemory(0, size);

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int count)
    {
        if (count == 0)
            Return();
    }

    public void Dispose() => Return();

    /// <summary>Ends the use of what was received.</summary>
    public void Return()
    {
        if (_rented is not { } rented)
            return;
        _rented = null;
        ArrayPool<byte>.Shared.Return(rented);
    }
}
