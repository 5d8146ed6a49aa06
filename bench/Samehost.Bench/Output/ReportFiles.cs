using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>The files that a report is written to, besides the terminal, and the earlier run that it is held against.</summary>
internal sealed record ReportFiles(string? Json, string? Markdown, string? Svg, EarlierRun? Earlier)
{
    /// <summary>Finds out before the measuring, not after it, that a file cannot be written.</summary>
    public void CheckThatTheyCanBeWritten()
    {
        foreach (string file in new[] { Json, Markdown, Svg }.OfType<string>())
            Write(file, append: true, "");
    }

    public void Write(Report report)
    {
        if (Json is not null)
            Write(Json, append: false, JsonReport.Of(report));
        if (Markdown is not null)
            Write(Markdown, append: false, MarkdownReport.Of(report) + (Earlier is null ? "" : "\n" + AgreementReport.Of(report, Earlier)));
        if (Svg is not null)
            Write(Svg, append: false, ChartReport.Of(report));
        if (Earlier is not null)
            Console.Write("\n" + AgreementReport.Of(report, Earlier));
    }

    private static void Write(string file, bool append, string text)
    {
        try
        {
            using var writer = new StreamWriter(file, append);
            writer.Write(text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BenchException($"the report cannot be written: {error.Message}");
        }
    }
}
