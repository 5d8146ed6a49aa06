using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Sockets;

/// <summary>A blocking receive with ancillary data.</summary>
internal ref struct ReceiveMessageCall(MessageReceiver receiver, Span<byte> buffer, DescriptorOptions? wanted) : IBlockingCall
{
    private readonly Span<byte> _buffer = buffer;
    private UnixMessage _message;

    public readonly UnixMessage Message => _message;

    public int Try()
    {
        List<IDisposable>? refused = null;
        int result = receiver.Receive(_buffer, wanted, out _message, ref refused);
        DeferredClose.Now(ref refused);
        return result;
    }
}

/// <summary>A blocking send with descriptors.</summary>
internal ref struct SendMessageCall(
    SocketContext core, ReadOnlySpan<byte> bytes, IReadOnlyList<SafeHandle> descriptors, UCred? credentials = null) : IBlockingCall
{
    private ReadOnlySpan<byte> _rest = bytes;
    private IReadOnlyList<SafeHandle> _descriptors = descriptors;

    public int Try()
    {
        do
        {
            int sent = MessageSender.Send(core, _rest, null, _descriptors, credentials);
            if (sent < 0)
                return sent;
            _rest = _rest[sent..];
            _descriptors = [];
        }
        while (!_rest.IsEmpty);
        return 0;
    }
}
