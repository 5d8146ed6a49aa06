using System.Globalization;

namespace Samehost.Bench.Output;

/// <summary>How numbers are written in every report.</summary>
internal static class Figures
{
    public static string Ratio(double value) =>
        value.ToString(value >= 100 ? "#,0" : value is < 0.1 and > 0 ? "0.000" : "0.00", CultureInfo.InvariantCulture);

    /// <summary>A ratio, and in brackets the lowest and the highest of its rounds.</summary>
    public static string Ratio(double value, double min, double max) => $"{Ratio(value)} ({Ratio(min)}–{Ratio(max)})";

    public static string Number(double value) =>
        value.ToString(value >= 100 ? "#,0" : "0.00", CultureInfo.InvariantCulture);
}
