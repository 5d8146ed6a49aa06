namespace Samehost.AspNetCore.Transport;

/// <summary>Keeps blocks of one size; the one that was used last is given first, while it is still in the processor's cache.</summary>
internal sealed class BlockPool(int size, int most)
{
    /// <summary>For a request or an answer of the usual size.</summary>
    public static readonly BlockPool Small = new(4096, 4096);

    /// <summary>For bodies.</summary>
    public static readonly BlockPool Large = new(64 * 1024, 64);

    private readonly Lock _lock = new();
    private readonly Stack<Block> _spare = new();

    public int BlockSize => size;

    /// <summary>A block of at least so many bytes; one that no pool has is made for the occasion.</summary>
    public static Block Rent(int atLeast) =>
        atLeast <= Small.BlockSize ? Small.Rent() : atLeast <= Large.BlockSize ? Large.Rent() : new Block(atLeast, null);

    public Block Rent()
    {
        lock (_lock)
        {
            if (_spare.TryPop(out var block))
                return block;
        }

        return new Block(size, this);
    }

    public void Return(Block block)
    {
        lock (_lock)
        {
            if (_spare.Count < most)
                _spare.Push(block);
        }
    }
}
