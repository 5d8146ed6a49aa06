// recvmmsg(2), sendmmsg(2): many datagrams with one call.
using System.Runtime.InteropServices;
using static Samehost.Interop.LibcMessage;

namespace Samehost.Interop;

/// <summary><c>struct mmsghdr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MMsgHdr
{
    public MsgHdr Header;
    public uint Length;
}

/// <summary>
/// The headers of a batch of datagrams and the memory they point to: one slot each for bytes, name and control messages, pinned for
/// as long as this object lives.
/// </summary>
internal sealed unsafe partial class LibcBatch
{
    private readonly MMsgHdr[] _headers;
    private readonly IoVec[] _vectors;
    private readonly byte[] _names;
    private readonly int _slot;
    private byte[] _control = [];
    private int _controlSlot;
    private int _used; // the number of headers that the last receive has written to
    private bool? _readyForControl; // how the other headers are prepared; null: for sending, or not at all

    public LibcBatch(int capacity, int slot)
    {
        Capacity = capacity;
        _slot = slot;
        Bytes = GC.AllocateUninitializedArray<byte>(checked(capacity * slot), pinned: true);
        _headers = GC.AllocateArray<MMsgHdr>(capacity, pinned: true);
        _vectors = GC.AllocateArray<IoVec>(capacity, pinned: true);
        _names = GC.AllocateArray<byte>(capacity * LibcSocket.SockAddrSize, pinned: true);
        for (var i = 0; i < capacity; i++)
        {
            _vectors[i].Base = Pointer(Bytes, i * slot);
            _headers[i].Header.Vectors = (IoVec*)Marshal.UnsafeAddrOfPinnedArrayElement(_vectors, i);
            _headers[i].Header.VectorCount = 1;
        }
    }

    public int Capacity { get; }

    /// <summary>The bytes of all slots, one after another.</summary>
    public byte[] Bytes { get; }

    /// <summary>The true length of a received datagram.</summary>
    public int Length(int index) => (int)_headers[index].Length;

    public ReadOnlySpan<byte> Name(int index) =>
        _names.AsSpan(index * LibcSocket.SockAddrSize, Math.Min((int)_headers[index].Header.NameLength, LibcSocket.SockAddrSize));

    public ReadOnlySpan<byte> Control(int index) =>
        _control.AsSpan(index * _controlSlot, (int)_headers[index].Header.ControlLength);

    public int Flags(int index) => _headers[index].Header.Flags;

    /// <summary>Allocates memory for control messages of up to <paramref name="slot"/> bytes with each datagram.</summary>
    public void WantControl(int slot)
    {
        if (_controlSlot >= slot)
            return;
        _controlSlot = slot;
        _control = GC.AllocateArray<byte>(Capacity * slot, pinned: true);
        _readyForControl = null;
    }

    /// <summary>Receives as many datagrams as are there, up to the capacity; how many, or <c>-errno</c>.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="control">Whether control messages are wanted. They have to be read then: they may hold descriptors.</param>
    public int Receive(Descriptor socket, bool control)
    {
        // The kernel writes only into the headers of what it delivers; the others are as they were.
        var stale = control == _readyForControl ? _used : Capacity;
        for (var i = 0; i < stale; i++)
        {
            _vectors[i].Length = (nuint)_slot;
            ref var header = ref _headers[i].Header;
            header.Name = Pointer(_names, i * LibcSocket.SockAddrSize);
            header.NameLength = LibcSocket.SockAddrSize;
            header.Control = control ? Pointer(_control, i * _controlSlot) : null;
            header.ControlLength = control ? (nuint)_controlSlot : 0;
        }

        _used = 0;
        _readyForControl = control;
        using var lease = new DescriptorLease(socket);
        int result;
        do result = LibcResult.From(recvmmsg(lease.Fd, Headers(0), (uint)Capacity, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC, null));
        while (result == -LibcResult.EINTR);
        GC.KeepAlive(this);
        _used = Math.Max(result, 0);
        return result;
    }

    /// <summary>Says how long the datagram in a slot is, before it is sent.</summary>
    public void SetLength(int index, int length)
    {
        _readyForControl = null;
        _vectors[index].Length = (nuint)length;
        ref var header = ref _headers[index].Header;
        header.Name = null;
        header.NameLength = 0;
        header.Control = null;
        header.ControlLength = 0;
    }

    /// <summary>Sends datagrams from a slot on; how many, or <c>-errno</c> when not even one.</summary>
    public int Send(Descriptor socket, int first, int count)
    {
        using var lease = new DescriptorLease(socket);
        int result;
        do result = LibcResult.From(sendmmsg(lease.Fd, Headers(first), (uint)count, MSG_DONTWAIT | MSG_NOSIGNAL));
        while (result == -LibcResult.EINTR);
        GC.KeepAlive(this);
        return result;
    }

    private static byte* Pointer(byte[] pinned, int offset) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset);

    private MMsgHdr* Headers(int first) => (MMsgHdr*)Marshal.UnsafeAddrOfPinnedArrayElement(_headers, first);

    [LibraryImport("libc")]
    private static partial int recvmmsg(int fd, MMsgHdr* headers, uint count, int flags, void* timeout);

    [LibraryImport("libc")]
    private static partial int sendmmsg(int fd, MMsgHdr* headers, uint count, int flags);
}
