using Xunit;

namespace Samehost.Tests.Framing;

/// <summary>Tests that count what the whole process does; no other test runs beside them.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
