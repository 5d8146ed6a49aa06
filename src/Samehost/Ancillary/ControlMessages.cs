using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Ancillary;

/// <summary>The layout of a control message (cmsg(3)): a header of length, level and type, then the payload, aligned to words.</summary>
internal static class ControlLayout
{
    public const int SOL_SOCKET = 1;
    public const int SCM_RIGHTS = 1;
    public const int SCM_CREDENTIALS = 2;
    public const int SCM_SECURITY = 3;
    public const int SCM_PIDFD = 4;

    /// <summary><c>struct cmsghdr</c>: the length as a word, then level and type.</summary>
    public static readonly int HeaderSize = nint.Size + 2 * sizeof(int);

    /// <summary>The maximum number of descriptors in one message (SCM_MAX_FD).</summary>
    public const int MostDescriptors = 253;

    /// <summary>Returns the size of one control message, padding included.</summary>
    public static int Space(int payload) => Align(HeaderSize) + Align(payload);

    public static int Align(int length) => (length + nint.Size - 1) & ~(nint.Size - 1);
}

/// <summary>Enumerates the control messages in a buffer; an invalid length ends the enumeration.</summary>
internal ref struct ControlReader(ReadOnlySpan<byte> control)
{
    private ReadOnlySpan<byte> _rest = control;

    /// <summary>The type of the current message, which depends on <see cref="Level"/>.</summary>
    public int Type { get; private set; }

    public int Level { get; private set; }

    public ReadOnlySpan<byte> Payload { get; private set; }

    public bool MoveNext()
    {
        var header = ControlLayout.Align(ControlLayout.HeaderSize);
        if (_rest.Length < header)
            return false;
        var length = MemoryMarshal.Read<nint>(_rest);
        if (length < header || length > _rest.Length)
            return false;
        Level = MemoryMarshal.Read<int>(_rest[nint.Size..]);
        Type = MemoryMarshal.Read<int>(_rest[(nint.Size + sizeof(int))..]);
        Payload = _rest[header..(int)length];
        _rest = _rest[Math.Min(ControlLayout.Align((int)length), _rest.Length)..];
        return true;
    }
}

/// <summary>Writes control messages one after another into a buffer that is large enough.</summary>
internal ref struct ControlWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _length;

    /// <summary>The bytes written so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    public void AddDescriptors(ReadOnlySpan<int> descriptors) =>
        Add(ControlLayout.SCM_RIGHTS, MemoryMarshal.AsBytes(descriptors));

    public void AddCredentials(in UCred credentials) =>
        Add(ControlLayout.SCM_CREDENTIALS, MemoryMarshal.AsBytes(new ReadOnlySpan<UCred>(in credentials)));

    private void Add(int type, scoped ReadOnlySpan<byte> payload)
    {
        var space = ControlLayout.Space(payload.Length);
        var message = _buffer.Slice(_length, space);
        message.Clear();
        nint length = ControlLayout.Align(ControlLayout.HeaderSize) + payload.Length;
        MemoryMarshal.Write(message, in length);
        var level = ControlLayout.SOL_SOCKET;
        MemoryMarshal.Write(message[nint.Size..], in level);
        MemoryMarshal.Write(message[(nint.Size + sizeof(int))..], in type);
        payload.CopyTo(message[ControlLayout.Align(ControlLayout.HeaderSize)..]);
        _length += space;
    }
}
