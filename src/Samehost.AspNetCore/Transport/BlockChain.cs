namespace Samehost.AspNetCore.Transport;

/// <summary>Filled blocks, one behind the other, on their way out.</summary>
internal struct BlockChain
{
    private Block? _first;
    private Block? _last;

    /// <summary>How many bytes are in it.</summary>
    public long Length { get; private set; }

    public readonly bool IsEmpty => Length == 0;

    /// <summary>Its only block, if it has just one.</summary>
    public readonly Block? Single => ReferenceEquals(_first, _last) ? _first : null;

    /// <summary>The last block, with room for so many bytes, at least one.</summary>
    public Block Room(int atLeast)
    {
        if (_last is { } last && last.Size - last.Length >= Math.Max(atLeast, 1))
            return last;
        // Whoever has filled one block will likely fill more.
        var block = BlockPool.Rent(Math.Max(atLeast, IsEmpty ? 1 : BlockPool.Large.BlockSize));
        if (IsEmpty)
            Free(); // of a block that was asked for and not filled
        if (_last is null)
            _first = block;
        else
            _last.Append(block);
        return _last = block;
    }

    public void Advance(int count)
    {
        if (_last is not { } last || (uint)count > (uint)(last.Size - last.Length))
            throw new ArgumentOutOfRangeException(nameof(count), count, "More bytes than there was room for.");
        last.Fill(count);
        Length += count;
    }

    /// <summary>Takes over all that another one has.</summary>
    public void Append(ref BlockChain other)
    {
        if (_last is null)
            _first = other._first;
        else if (other._first is not null)
            _last.Append(other._first);
        _last = other._last ?? _last;
        Length += other.Length;
        other = default;
    }

    public readonly void Gather(List<ReadOnlyMemory<byte>> into)
    {
        for (var block = _first; block is not null; block = block.NextBlock)
        {
            if (block.Length > 0)
                into.Add(block.Memory);
        }
    }

    public void Free()
    {
        Block.ReturnAll(ref _first);
        this = default;
    }
}
