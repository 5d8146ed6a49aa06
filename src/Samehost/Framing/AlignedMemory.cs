using System.Runtime.InteropServices;

namespace Samehost.Framing;

/// <summary>
/// Buffers that begin at a cache line. From some other addresses the kernel's copying takes several times as long on processors in use
/// today, and the collector puts an array at any multiple of eight.
/// </summary>
internal static class AlignedMemory
{
    private const int CacheLine = 64;

    /// <summary>An array that stays where it is, and the place in it where <paramref name="size"/> such bytes begin.</summary>
    public static byte[] Allocate(int size, out int start)
    {
        byte[] array = GC.AllocateUninitializedArray<byte>(size + CacheLine - 1, pinned: true);
        start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) & (CacheLine - 1));
        return array;
    }
}
