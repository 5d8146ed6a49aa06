using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>How far a vectored write has come.</summary>
internal struct VectoredWrite(IReadOnlyList<ReadOnlyMemory<byte>> buffers)
{
    private int _index;
    private int _offset;

    /// <summary>Sends until nothing is left (0), or until the socket has no room or fails (<c>-errno</c>).</summary>
    public int Advance(SocketContext core)
    {
        while (true)
        {
            while (_index < buffers.Count && buffers[_index].Length == _offset)
                (_index, _offset) = (_index + 1, 0);
            if (_index == buffers.Count)
                return 0;
            nint sent = LibcTransfer.SendVectored(core.Descriptor, buffers, _index, _offset);
            if (sent == BlockingCall.Again && core.TryWiden(buffers[_index].Length - _offset))
                continue;
            if (sent < 0)
                return (int)sent;
            while (sent > 0)
            {
                nint step = Math.Min(sent, buffers[_index].Length - _offset);
                sent -= step;
                _offset += (int)step;
                if (_offset == buffers[_index].Length)
                    (_index, _offset) = (_index + 1, 0);
            }
        }
    }
}
