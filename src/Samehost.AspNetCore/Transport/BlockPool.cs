namespace Samehost.AspNetCore.Transport;

/// <summary>
/// Keeps blocks of one size; the one that was used last is given first, while it is still in the processor's cache. Each thread has a few
/// of the usual size to itself: a request is read, parsed and answered with the same one, and then the next.
/// </summary>
internal sealed class BlockPool(int size, int most)
{
    /// <summary>For a request or an answer of the usual size.</summary>
    public static readonly BlockPool Small = new(SmallSize, 4096);

    /// <summary>For bodies.</summary>
    public static readonly BlockPool Large = new(64 * 1024, 64);

    private const int SmallSize = 4096;
    private const int MostOwned = 16;

    [ThreadStatic]
    private static Block? _own;

    [ThreadStatic]
    private static int _owned;

    private readonly Lock _lock = new();
    private readonly Stack<Block> _spare = new();

    public int BlockSize => size;

    /// <summary>A block of at least so many bytes; one that no pool has is made for the occasion.</summary>
    public static Block Rent(int atLeast) =>
        atLeast <= Small.BlockSize ? Small.Rent() : atLeast <= Large.BlockSize ? Large.Rent() : new Block(atLeast, null);

    public Block Rent()
    {
        if (size == SmallSize && _own is { } own)
        {
            _own = own.NextBlock;
            _owned--;
            own.NextBlock = null;
            return own;
        }

        lock (_lock)
        {
            if (_spare.TryPop(out var block))
                return block;
        }

        return new Block(size, this);
    }

    public void Return(Block block)
    {
        if (size == SmallSize && _owned < MostOwned)
        {
            block.NextBlock = _own;
            _own = block;
            _owned++;
            return;
        }

        lock (_lock)
        {
            if (_spare.Count < most)
                _spare.Push(block);
        }
    }
}
