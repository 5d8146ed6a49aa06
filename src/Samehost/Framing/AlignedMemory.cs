using System.Runtime.InteropServices;

namespace Samehost.Framing;

/// <summary>
/// Buffers that begin at a cache line. The kernel copies from and to them with instructions that, on processors in use today, take two to three
/// times as long from some other addresses, and the collector gives an array any multiple of eight.
/// </summary>
internal static class AlignedMemory
{
    private const int CacheLine = 64;

    /// <summary>An array that stays where it is, and the place in it from which on it has <paramref name="size"/> bytes so placed.</summary>
    public static byte[] Allocate(int size, out int start)
    {
        byte[] array = GC.AllocateUninitializedArray<byte>(size + CacheLine - 1, pinned: true);
        start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) & (CacheLine - 1));
        return array;
    }
}
