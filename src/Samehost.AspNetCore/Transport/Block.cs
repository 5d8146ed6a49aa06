using System.Buffers;

namespace Samehost.AspNetCore.Transport;

/// <summary>A buffer that is a link in a chain, and goes back to its pool when it is done with.</summary>
internal sealed class Block(int size, BlockPool? pool) : ReadOnlySequenceSegment<byte>
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(size, pinned: pool is not null);

    /// <summary>How many bytes of it are filled.</summary>
    public int Length { get; private set; }

    public int Size => _bytes.Length;

    public Memory<byte> Room => _bytes.AsMemory(Length);

    public Span<byte> RoomSpan => _bytes.AsSpan(Length);

    public Block? NextBlock
    {
        get => (Block?)Next;
        set => Next = value;
    }

    public void Fill(int count)
    {
        Length += count;
        Memory = _bytes.AsMemory(0, Length);
    }

    /// <summary>Puts another block behind this one, which is full enough.</summary>
    public void Append(Block next)
    {
        next.RunningIndex = RunningIndex + Length;
        Next = next;
    }

    /// <summary>Begins a chain at a place that is counted from the first byte of all.</summary>
    public void StartAt(long index) => RunningIndex = index;

    /// <summary>Gives back the blocks of a chain up to another one, which is the first then, or all.</summary>
    public static void ReturnAll(ref Block? first, Block? upTo = null)
    {
        while (first != upTo)
        {
            var block = first!;
            first = block.NextBlock; // before it may be somebody else's
            block.Return();
        }
    }

    /// <summary>Empties it and gives it back.</summary>
    public void Return()
    {
        Next = null;
        Length = 0;
        Memory = default;
        pool?.Return(this);
    }
}
