namespace Samehost.Tests.Support;

/// <summary>
/// Classes that count this process's descriptors, memory or processor time run when no others do; and so do those that need a socket to
/// be gone once it is closed, or that look who holds one: a process that another test starts holds all of our descriptors between its fork
/// and its exec.
/// </summary>
[Xunit.CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
