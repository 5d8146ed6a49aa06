namespace Samehost;

/// <summary>Which descriptors to take from a peer. What is not taken is closed before the call returns.</summary>
public sealed record DescriptorOptions
{
    /// <summary>Up to 16 descriptors of any kind.</summary>
    public static DescriptorOptions Default { get; } = new();

    /// <summary>Up to 16 sockets.</summary>
    public static DescriptorOptions OnlySockets { get; } = new() { Kinds = DescriptorKinds.Socket };

    /// <summary>Up to 16 regular files.</summary>
    public static DescriptorOptions OnlyFiles { get; } = new() { Kinds = DescriptorKinds.File };

    /// <summary>How many descriptors one message may bring, 1 to 253; 16 by default. A message that brings more loses all of
    /// them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not between 1 and 253.</exception>
    public int MaxCount
    {
        get;
        init => field = value is >= 1 and <= 253
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A message can bring from 1 to 253 descriptors.");
    } = 16;

    /// <summary>What they may stand for; anything by default. A message that brings one of another kind loses all of them.</summary>
    public DescriptorKinds Kinds { get; init; } = DescriptorKinds.Any;
}
