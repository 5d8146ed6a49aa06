namespace Samehost.Tool.Transfer;

/// <summary>What is to be sent, piece by piece.</summary>
internal interface IInput
{
    /// <summary>The next piece, valid until the next call; null at the end.</summary>
    ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken stop);
}
