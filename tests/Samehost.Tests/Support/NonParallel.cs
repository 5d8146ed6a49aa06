namespace Samehost.Tests.Support;

/// <summary>
/// The collection of the classes that do not run in parallel with others: those that count the descriptors, the memory or the processor
/// time of this process, and those that check that a closed socket has no other descriptor. A process that another test starts has all
/// descriptors of this process between its fork and its exec.
/// </summary>
[Xunit.CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NonParallel
{
    public const string Name = "alone";
}
