using System.Runtime.InteropServices;
using Samehost.Ancillary;
using Samehost.Interop;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Relay;

/// <summary>Records, or bytes together with the descriptors that come with them, and whatever somebody wants to look at.</summary>
internal sealed class MessagePump(RelaySocket source, RelaySocket sink, Direction direction) : RelayPump(source, sink, direction)
{
    private const int RecordOverhead = 1024;

    private byte[]? _held;
    private int _heldFrom;
    private Descriptor[] _heldDescriptors = [];

    /// <summary>Sees every record, or every piece of a stream, before it is passed on.</summary>
    public MessageObserver? Watch { get; init; }

    protected override bool HoldsSomething => _held is not null;

    public override void Release(RelayBuffers resources)
    {
        _held = null;
        Close(_heldDescriptors);
        _heldDescriptors = [];
    }

    protected override void Pass(RelayBuffers resources)
    {
        if (Source.HasRecords && LibcRecords.NextLength(Source.Socket) is var next)
        {
            if (next < 0)
            {
                ReadEnded(next);
                return;
            }
            resources.MakeRoomFor(next);
        }
        byte[] buffer = resources.Buffer;
        byte[] control = resources.Control;
        int got = LibcMessage.Receive(Source.Socket, buffer, default, control, trueLength: false, out var header);
        // An empty record has a control message, which was asked for, and the end has none.
        if (got < 0 || (got == 0 && !(Source.HasRecords && header.ControlLength > 0)))
        {
            ReadEnded(got);
            return;
        }
        Descriptor[] descriptors = header.ControlLength > 0 ? Read(control.AsSpan(0, header.ControlLength)) : [];
        if (!Source.HasRecords && descriptors.Length == 0 && got < buffer.Length)
            Source.WasEmptied();
        Bytes += got;
        Descriptors += descriptors.Length;
        if ((header.Flags & LibcMessage.MSG_CTRUNC) != 0)
        {
            Close(descriptors);
            Refuse(Errno.EMFILE); // what the kernel could not give to us is lost to the receiver
            return;
        }
        if (descriptors.Length > 0 && !Sink.IsLocal)
        {
            Close(descriptors);
            Refuse(Errno.EOPNOTSUPP);
            return;
        }
        Watch?.Invoke(Direction, buffer.AsSpan(0, got), descriptors);
        int put = Send(buffer.AsSpan(0, got), descriptors, resources);
        if (put >= 0)
            Close(descriptors);
        if (put == got)
            return;
        (_held, _heldFrom) = (buffer.AsSpan(Math.Max(put, 0), got - Math.Max(put, 0)).ToArray(), 0);
        _heldDescriptors = put < 0 ? descriptors : [];
        if (put < 0)
            WriteFailed(put);
    }

    protected override void WriteHeld(RelayBuffers resources)
    {
        int put = Send(_held.AsSpan(_heldFrom), _heldDescriptors, resources);
        if (put < 0)
        {
            WriteFailed(put);
            return;
        }
        Close(_heldDescriptors);
        _heldDescriptors = [];
        if ((_heldFrom += put) == _held!.Length)
            _held = null;
    }

    private int Send(ReadOnlySpan<byte> bytes, Descriptor[] descriptors, RelayBuffers resources)
    {
        var writer = new ControlWriter(resources.Control);
        if (descriptors.Length > 0)
        {
            writer.AddDescriptors(Array.ConvertAll(descriptors, d => d.Number));
        }
        int put = LibcMessage.Send(Sink.Socket, bytes, default, writer.Written);
        if (put == -(int)Errno.EMSGSIZE && Sink.HasRecords)
        {
            // The client's send buffer was larger than ours.
            _ = LibcSocketOptions.Set(Sink.Socket, LibcSocketOptions.SO_SNDBUF, bytes.Length + RecordOverhead);
            put = LibcMessage.Send(Sink.Socket, bytes, default, writer.Written);
        }
        return put;
    }

    private static Descriptor[] Read(ReadOnlySpan<byte> control)
    {
        List<Descriptor>? found = null;
        var reader = new ControlReader(control);
        while (reader.MoveNext())
        {
            if (reader is { Level: ControlLayout.SOL_SOCKET, Type: ControlLayout.SCM_RIGHTS })
            {
                foreach (int fd in MemoryMarshal.Cast<byte, int>(reader.Payload))
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

/// <summary>Told of bytes and descriptors on their way; what it throws ends the relay.</summary>
internal delegate void MessageObserver(Direction direction, ReadOnlySpan<byte> bytes, Descriptor[] descriptors);
