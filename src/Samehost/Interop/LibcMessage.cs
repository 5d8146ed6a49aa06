// sendmsg(2), recvmsg(2), cmsg(3): messages with ancillary data, and struct msghdr as glibc and musl define it on 64-bit Linux.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>The lengths and flags of a received message.</summary>
internal struct ReceivedHeader
{
    public int AddressLength;
    public int ControlLength;
    public int Flags;
}

/// <summary>Sends and receives bytes with control messages; never blocks and never raises SIGPIPE.</summary>
internal static unsafe class LibcMessage
{
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_CMSG_CLOEXEC = 0x40000000;
    public const int MSG_CTRUNC = 0x8;
    public const int MSG_TRUNC = 0x20;

    /// <summary>Sends one message; an empty <paramref name="address"/> means the connected peer. Returns what was sent, or
    /// <c>-errno</c>.</summary>
    public static int Send(Descriptor socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> address, ReadOnlySpan<byte> control)
    {
        using var lease = new DescriptorLease(socket);
        fixed (byte* b = bytes, a = address, c = control)
        {
            var vector = new IoVec { Base = b, Length = (nuint)bytes.Length };
            var header = new MsgHdr(a, address.Length, &vector, c, control.Length);
            nint result;
            do result = LibcResult.From(LibcSyscall.SendMessage(lease.Fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL));
            while (result == -LibcResult.EINTR);
            return (int)result;
        }
    }

    /// <summary>
    /// Receives one message, or bytes of a stream. With <paramref name="trueLength"/> the result is a record's length even where the
    /// buffer was too short for it. Every descriptor that comes is in <paramref name="control"/> and is the caller's to close.
    /// </summary>
    public static int Receive(
        Descriptor socket, Span<byte> bytes, Span<byte> address, Span<byte> control, bool trueLength, out ReceivedHeader received)
    {
        using var lease = new DescriptorLease(socket);
        fixed (byte* b = bytes, a = address, c = control)
        {
            var vector = new IoVec { Base = b, Length = (nuint)bytes.Length };
            MsgHdr header;
            nint result;
            var flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC | (trueLength ? MSG_TRUNC : 0);
            do
            {
                header = new MsgHdr(a, address.Length, &vector, c, control.Length);
                result = LibcResult.From(LibcSyscall.ReceiveMessage(lease.Fd, &header, flags));
            }
            while (result == -LibcResult.EINTR);
            received = new ReceivedHeader
            {
                AddressLength = (int)header.NameLength,
                ControlLength = (int)header.ControlLength,
                Flags = header.Flags,
            };
            return (int)result;
        }
    }
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MsgHdr
{
    public byte* Name;
    public uint NameLength;
    public IoVec* Vectors;
    public nuint VectorCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;

    public MsgHdr(byte* name, int nameLength, IoVec* vector, byte* control, int controlLength)
    {
        Name = name;
        NameLength = (uint)nameLength;
        Vectors = vector;
        VectorCount = 1;
        Control = control;
        ControlLength = (nuint)controlLength;
    }
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVec
{
    public void* Base;
    public nuint Length;
}
