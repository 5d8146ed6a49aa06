using System.Globalization;
using System.Net;
using System.Text;

namespace Samehost.Measuring;

/// <summary>
/// A chart of figures on a logarithmic axis as SVG: a row for each label, a colored shape for each series, a thin line from the lowest to
/// the highest value. It has no background, and its text follows the light or dark setting of the reader.
/// </summary>
internal sealed class DotChart(string title, string axis, IReadOnlyList<string> series, IReadOnlyList<ChartRow> rows)
{
    private const int Width = 860;
    private const int RowHeight = 24;
    private const int Top = 76;
    private const int Right = 30;
    private const double LetterWidth = 6.6;

    // Dark enough for white paper, light enough for a black screen.
    private static readonly string[] Colors = ["#2f81f7", "#e0651a", "#7d8590", "#12a150", "#b04fd6", "#c9a000"];

    /// <summary>The value of a vertical line that marks the reference.</summary>
    public double? Mark { get; init; }

    public override string ToString()
    {
        var left = Math.Min(360, 24 + (rows.Max(row => row.Label.Length) * LetterWidth));
        var bottom = Top + (rows.Count * RowHeight);
        var values = rows.SelectMany(row => row.Dots).SelectMany(dot => new[] { dot.Value, dot.Low, dot.High }).Append(Mark ?? 0);
        var scale = new LogAxis(values, left, Width - left - Right);
        var svg = new StringBuilder();
        svg.AppendLine($"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {bottom + 56}" role="img" aria-label="{Safe(title)}">
            <style>
            text {"{"} font: 12px system-ui, sans-serif; fill: #24292f; {"}"} .t {"{"} font-size: 16px; font-weight: 600; {"}"}
            line {"{"} stroke: #8c959f; {"}"} .g {"{"} stroke-opacity: .25; {"}"} .m {"{"} stroke-width: 2; {"}"}
            @media (prefers-color-scheme: dark) {"{"} text {"{"} fill: #e6edf3; {"}"} {"}"}
            </style>
            <text x="12" y="24" class="t">{Safe(title)}</text>
            """);
        AppendLegend(svg);
        foreach (var tick in scale.Ticks)
            AppendTick(svg, tick, scale.At(tick), bottom);
        if (Mark is { } mark)
            svg.AppendLine(Line("m", scale.At(mark), Top - 8, scale.At(mark), bottom));
        svg.AppendLine(Text((left + Width - Right) / 2, bottom + 40, "middle", axis));
        foreach (var (index, row) in rows.Index())
            AppendRow(svg, row, Top + (index * RowHeight) + (RowHeight / 2), left, scale);
        return svg.AppendLine("</svg>").ToString();
    }

    private void AppendLegend(StringBuilder svg)
    {
        double x = 20;
        foreach (var (index, name) in series.Index())
        {
            svg.AppendLine(Shape(index, x, 46)).AppendLine(Text(x + 10, 50, "start", name));
            x += 36 + (name.Length * LetterWidth);
        }
    }

    private static void AppendTick(StringBuilder svg, double value, double x, int bottom) => svg
        .AppendLine(Line("g", x, Top - 8, x, bottom))
        .AppendLine(Text(x, bottom + 18, "middle", value >= 1 ? value.ToString("#,0", CultureInfo.InvariantCulture) : Number(value)));

    private static void AppendRow(StringBuilder svg, ChartRow row, double y, double left, LogAxis scale)
    {
        svg.AppendLine(Text(left - 12, y + 4, "end", row.Label)).AppendLine(Line("g", left, y, Width - Right, y));
        foreach (var dot in row.Dots.Reverse())
        {
            if (dot.High > dot.Low)
                svg.AppendLine($"""<path d="M{X(dot.Low)} {Number(y)}H{X(dot.High)}" stroke="{Color(dot.Series)}" stroke-width="2"/>""");
            svg.AppendLine(Shape(dot.Series, scale.At(dot.Value), y));
        }

        string X(double value) => Number(scale.At(value));
    }

    // A shape for each series, for readers who do not distinguish the colors.
    private static string Shape(int series, double x, double y)
    {
        var outline = (series % 4) switch
        {
            0 => $"M{Number(x - 5.5)} {Number(y)}a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0z",
            1 => $"M{Number(x - 4.5)} {Number(y - 4.5)}h9v9h-9z",
            2 => $"M{Number(x)} {Number(y - 6)}l6 6l-6 6l-6 -6z",
            _ => $"M{Number(x)} {Number(y - 6)}l6 10h-12z",
        };
        return $"""<path d="{outline}" fill="{Color(series)}"/>""";
    }

    private static string Line(string style, double x1, double y1, double x2, double y2) =>
        $"""<line class="{style}" x1="{Number(x1)}" y1="{Number(y1)}" x2="{Number(x2)}" y2="{Number(y2)}"/>""";

    private static string Text(double x, double y, string anchor, string text) =>
        $"""<text x="{Number(x)}" y="{Number(y)}" text-anchor="{anchor}">{Safe(text)}</text>""";

    private static string Color(int series) => Colors[series % Colors.Length];

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>A row of a chart.</summary>
internal sealed record ChartRow(string Label, IReadOnlyList<ChartDot> Dots);

/// <summary>A value of one series, with the lowest and the highest.</summary>
internal readonly record struct ChartDot(int Series, double Value, double Low, double High);

/// <summary>A logarithmic axis that spans the given values, and its ticks.</summary>
internal sealed class LogAxis
{
    private static readonly double[] Steps =
        [.. Enumerable.Range(-9, 22).SelectMany(power => new[] { 1.0, 2, 5 }.Select(digit => digit * Math.Pow(10, power)))];

    private readonly double _left;
    private readonly double _width;
    private readonly double _from;
    private readonly double _to;

    /// <summary>Creates an axis that begins and ends at 1, 2 or 5 times a power of ten.</summary>
    public LogAxis(IEnumerable<double> values, double left, double width)
    {
        double[] all = [.. values.Where(value => value > Steps[0] && value < Steps[^1]).DefaultIfEmpty(1)];
        (_left, _width) = (left, width);
        _from = Steps.Last(step => step <= all.Min());
        _to = Steps.First(step => step >= all.Max() && step > _from);
    }

    /// <summary>The powers of ten and, on short axes, 2 and 5 times them.</summary>
    public IEnumerable<double> Ticks =>
        Steps.Where((step, index) => step >= _from && step <= _to && (_to / _from <= 1000 || index % 3 == 0));

    public double At(double value) => _left + (_width * Math.Log(Math.Clamp(value, _from, _to) / _from) / Math.Log(_to / _from));
}
