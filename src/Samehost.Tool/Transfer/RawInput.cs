using Samehost.Programs;

namespace Samehost.Tool.Transfer;

/// <summary>Standard input as it comes.</summary>
internal sealed class RawInput : IInput
{
    private readonly byte[] _buffer = new byte[256 * 1024];

    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken stop)
    {
        int got = await StandardInput.ReadAsync(_buffer, stop);
        return got > 0 ? _buffer.AsMemory(0, got) : default(ReadOnlyMemory<byte>?); // a bare null would be an empty piece
    }
}
