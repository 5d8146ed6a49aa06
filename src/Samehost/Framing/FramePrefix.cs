using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Samehost.Framing;

/// <summary>The length prefix of a frame: four bytes, unsigned.</summary>
internal static class FramePrefix
{
    public const int Size = sizeof(uint);

    /// <param name="from">At least four bytes.</param>
    /// <param name="reversed">Whether the byte order is not this machine's.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read(ReadOnlySpan<byte> from, bool reversed)
    {
        uint length = MemoryMarshal.Read<uint>(from);
        return reversed ? BinaryPrimitives.ReverseEndianness(length) : length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Span<byte> to, int length, bool reversed)
    {
        uint prefix = reversed ? BinaryPrimitives.ReverseEndianness((uint)length) : (uint)length;
        MemoryMarshal.Write(to, in prefix);
    }
}
