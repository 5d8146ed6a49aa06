// epoll_wait(2): struct epoll_event, which is packed on x86-64 and padded everywhere else.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>Room for the events of one wait.</summary>
internal sealed unsafe class EpollBatch(int capacity)
{
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture is Architecture.X64;
    private static readonly int EventSize = Packed ? 12 : 16;
    private static readonly int DataOffset = Packed ? 4 : 8;

    private readonly byte[] _memory = GC.AllocateArray<byte>(capacity * 16, pinned: true);

    public int Capacity => capacity;

    /// <summary>The start of the array; the memory is pinned for as long as this object lives.</summary>
    public byte* Pointer => (byte*)Unsafe.AsPointer(ref _memory[0]);

    public uint Events(int index) => Unsafe.ReadUnaligned<uint>(ref _memory[index * EventSize]);

    public ulong Data(int index) => Unsafe.ReadUnaligned<ulong>(ref _memory[index * EventSize + DataOffset]);

    /// <summary>Writes one event at <paramref name="destination"/>, which has room for 16 bytes.</summary>
    public static void Write(byte* destination, uint events, ulong data)
    {
        Unsafe.WriteUnaligned(destination, events);
        Unsafe.WriteUnaligned(destination + DataOffset, data);
    }
}
