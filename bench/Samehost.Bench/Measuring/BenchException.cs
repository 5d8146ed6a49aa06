namespace Samehost.Bench.Measuring;

/// <summary>Something that the person at the terminal can act on; shown as one line.</summary>
internal sealed class BenchException(string message) : Exception(message);
