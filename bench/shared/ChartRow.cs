namespace Samehost.Measuring;

/// <summary>One line of a chart.</summary>
internal sealed record ChartRow(string Label, IReadOnlyList<ChartDot> Dots);
