namespace Samehost.Measuring;

/// <summary>A figure in a chart, of one of the chart's series; the line through it goes from the lowest to the highest.</summary>
internal readonly record struct ChartDot(int Series, double Value, double Low, double High);
