using Xunit;

namespace Samehost.Tests.Support;

/// <summary>
/// Classes that count this process's descriptors, memory or processor time, or need a socket to be gone once it is closed, run when
/// no others do.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
