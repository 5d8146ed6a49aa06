using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Ancillary;

/// <summary>Writes control messages one after another into a buffer that is large enough.</summary>
internal ref struct ControlWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _length;

    /// <summary>What was written so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    public void AddDescriptors(ReadOnlySpan<int> descriptors) =>
        Add(ControlLayout.SCM_RIGHTS, MemoryMarshal.AsBytes(descriptors));

    public void AddCredentials(in UCred credentials) =>
        Add(ControlLayout.SCM_CREDENTIALS, MemoryMarshal.AsBytes(new ReadOnlySpan<UCred>(in credentials)));

    private void Add(int type, scoped ReadOnlySpan<byte> payload)
    {
        int space = ControlLayout.Space(payload.Length);
        var message = _buffer.Slice(_length, space);
        message.Clear();
        nint length = ControlLayout.Align(ControlLayout.HeaderSize) + payload.Length;
        MemoryMarshal.Write(message, in length);
        int level = ControlLayout.SOL_SOCKET;
        MemoryMarshal.Write(message[nint.Size..], in level);
        MemoryMarshal.Write(message[(nint.Size + sizeof(int))..], in type);
        payload.CopyTo(message[ControlLayout.Align(ControlLayout.HeaderSize)..]);
        _length += space;
    }
}
