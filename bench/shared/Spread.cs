namespace Samehost.Measuring;

/// <summary>The median, minimum and maximum of figures.</summary>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    /// <summary>Computes the spread of figures, of which there is at least one.</summary>
    public static Spread Of(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new(median, sorted[0], sorted[^1]);
    }

    /// <summary>Computes the spread of the ratios of each figure to the reference's figure of the same round.</summary>
    public static Spread OfRatios(IEnumerable<double> figures, IEnumerable<double> reference) =>
        Of(figures.Zip(reference, (figure, other) => figure / other));
}
