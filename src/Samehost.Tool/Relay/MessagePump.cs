using System.Runtime.InteropServices;
using Samehost.Ancillary;
using Samehost.Interop;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Relay;

/// <summary>Moves records, bytes together with their descriptors, and observed data.</summary>
internal sealed class MessagePump(RelaySocket source, RelaySocket sink, Direction direction) : RelayPump(source, sink, direction)
{
    private const int RecordOverhead = 1024;

    private byte[]? _pending;
    private int _pendingOffset;
    private Descriptor[] _pendingDescriptors = [];

    /// <summary>Observes every record, or every piece of a stream, before it is sent.</summary>
    public MessageObserver? Observer { get; init; }

    protected override bool HasPending => _pending is not null;

    public override void Release(RelayBuffers buffers)
    {
        _pending = null;
        Close(_pendingDescriptors);
        _pendingDescriptors = [];
    }

    protected override void Transfer(RelayBuffers buffers)
    {
        if (Source.HasRecords && LibcPlainIO.PeekLength(Source.Socket) is var next)
        {
            if (next < 0)
            {
                ReadEnded(next);
                return;
            }
            buffers.EnsureCapacity(next);
        }
        var buffer = buffers.Buffer;
        var control = buffers.Control;
        var received = LibcMessage.Receive(Source.Socket, buffer, default, control, trueLength: false, out var header);
        // An empty record has a control message, because SO_PASSCRED is set; the end of stream has none.
        if (received < 0 || (received == 0 && !(Source.HasRecords && header.ControlLength > 0)))
        {
            ReadEnded(received);
            return;
        }
        var descriptors = header.ControlLength > 0 ? Read(control.AsSpan(0, header.ControlLength)) : [];
        if (!Source.HasRecords && descriptors.Length == 0 && received < buffer.Length)
            Source.MarkEmpty();
        Bytes += received;
        Descriptors += descriptors.Length;
        if ((header.Flags & LibcMessage.MSG_CTRUNC) != 0)
        {
            Close(descriptors);
            Fail(Errno.EMFILE); // descriptors that the kernel dropped are lost to the receiver
            return;
        }
        if (descriptors.Length > 0 && !Sink.IsLocal)
        {
            Close(descriptors);
            Fail(Errno.EOPNOTSUPP);
            return;
        }
        Observer?.Invoke(Direction, buffer.AsSpan(0, received), descriptors);
        var sent = Send(buffer.AsSpan(0, received), descriptors, buffers);
        if (sent >= 0)
            Close(descriptors);
        if (sent == received)
            return;
        (_pending, _pendingOffset) = (buffer.AsSpan(Math.Max(sent, 0), received - Math.Max(sent, 0)).ToArray(), 0);
        _pendingDescriptors = sent < 0 ? descriptors : [];
        if (sent < 0)
            WriteFailed(sent);
    }

    protected override void WritePending(RelayBuffers buffers)
    {
        var sent = Send(_pending.AsSpan(_pendingOffset), _pendingDescriptors, buffers);
        if (sent < 0)
        {
            WriteFailed(sent);
            return;
        }
        Close(_pendingDescriptors);
        _pendingDescriptors = [];
        if ((_pendingOffset += sent) == _pending!.Length)
            _pending = null;
    }

    private int Send(ReadOnlySpan<byte> bytes, Descriptor[] descriptors, RelayBuffers buffers)
    {
        var writer = new ControlWriter(buffers.Control);
        if (descriptors.Length > 0)
        {
            writer.AddDescriptors(Array.ConvertAll(descriptors, d => d.Number));
        }
        var sent = LibcMessage.Send(Sink.Socket, bytes, default, writer.Written);
        if (sent == -(int)Errno.EMSGSIZE && Sink.HasRecords)
        {
            // The sender's send buffer is larger than ours.
            _ = LibcSocketOptions.Set(Sink.Socket, LibcSocketOptions.SO_SNDBUF, bytes.Length + RecordOverhead);
            sent = LibcMessage.Send(Sink.Socket, bytes, default, writer.Written);
        }
        return sent;
    }

    private static Descriptor[] Read(ReadOnlySpan<byte> control)
    {
        List<Descriptor>? found = null;
        var reader = new ControlReader(control);
        while (reader.MoveNext())
        {
            if (reader is { Level: ControlLayout.SOL_SOCKET, Type: ControlLayout.SCM_RIGHTS })
            {
                foreach (var fd in MemoryMarshal.Cast<byte, int>(reader.Payload))
                    (found ??= []).Add(new Descriptor(fd));
            }
        }
        return found is null ? [] : [.. found];
    }

    private static void Close(Descriptor[] descriptors)
    {
        foreach (var descriptor in descriptors)
            descriptor.Dispose();
    }
}

/// <summary>Observes bytes and descriptors before they are sent; an exception ends the relay.</summary>
internal delegate void MessageObserver(Direction direction, ReadOnlySpan<byte> bytes, Descriptor[] descriptors);
