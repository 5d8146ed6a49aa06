using Xunit;

namespace Samehost.Tests.Support;

/// <summary>Classes that count this process's descriptors or processor time run when no others do.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
