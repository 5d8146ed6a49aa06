using System.Buffers;
using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>A receive with ancillary data that may have to wait.</summary>
internal sealed class ReceiveMessageOperation(MessageReceiver receiver) : PendingOperation<UnixMessage>
{
    private Memory<byte> _buffer;
    private IBufferWriter<byte>? _writer;
    private DescriptorOptions? _wanted;
    private List<IDisposable>? _refused;

    public static ReceiveMessageOperation For(MessageReceiver receiver, Memory<byte> buffer, DescriptorOptions? wanted)
    {
        var operation = receiver.Receives.Take() ?? new ReceiveMessageOperation(receiver);
        operation._buffer = buffer;
        operation._wanted = wanted;
        return operation;
    }

    /// <summary>One that asks for room only when it tries: while it waits it has none.</summary>
    public static ReceiveMessageOperation For(MessageReceiver receiver, IBufferWriter<byte> writer, DescriptorOptions? wanted)
    {
        var operation = For(receiver, Memory<byte>.Empty, wanted);
        operation._writer = writer;
        return operation;
    }

    internal override bool TryPerform(ref bool drained)
    {
        var room = _writer is null ? _buffer.Span : _writer.GetSpan();
        if (_writer is not null && room.IsEmpty)
            throw new InvalidOperationException("The buffer writer gave no room; a record would be lost.");
        int result = receiver.Receive(room, _wanted, out var message, ref _refused);
        _writer?.Advance(result < 0 ? 0 : message.Count);
        if (result == BlockingCall.Again)
        {
            DeferredClose.OnLoop(receiver.Core, ref _refused);
            return false;
        }

        if (result < 0)
            SetOutcome(DatagramState.Failure(result, "receive", socket: receiver.Core));
        else
            SetOutcome(message);
        return true;
    }

    protected override void Recycle()
    {
        DeferredClose.Now(ref _refused); // by the caller that receives the outcome, and that alone is held up
        _buffer = default;
        _writer = null;
        _wanted = null;
        base.Recycle();
        receiver.Receives.Return(this);
    }
}
