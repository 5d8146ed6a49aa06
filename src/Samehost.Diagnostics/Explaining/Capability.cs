namespace Samehost.Diagnostics.Explaining;

/// <summary>The capabilities that lift file permissions, by number (capabilities(7)).</summary>
internal enum Capability
{
    DacOverride = 1,
    DacReadSearch = 2,
    FileOwner = 3,
    TracesProcesses = 19,
}
