using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>The files that a report is written to, besides the terminal, and the earlier run that it is held against.</summary>
internal sealed record ReportFiles(string? Json, string? Markdown, string? Svg, EarlierRun? Earlier)
{
    /// <summary>Finds out before the measuring, not after it, that a file cannot be written.</summary>
    public void CheckThatTheyCanBeWritten()
    {
        foreach (string file in new[] { Json, Markdown, Svg }.OfType<string>())
            Try(() => OutputFile.Check(file));
    }

    public void Write(Report report)
    {
        if (Json is not null)
            Try(() => OutputFile.Write(Json, JsonReport.Of(report)));
        if (Markdown is not null)
        {
            string agreement = Earlier is null ? "" : "\n" + AgreementReport.Of(report, Earlier);
            Try(() => OutputFile.Write(Markdown, MarkdownReport.Of(report) + agreement));
        }
        if (Svg is not null)
            Try(() => OutputFile.Write(Svg, ChartReport.Of(report)));
        if (Earlier is not null)
            Console.Write("\n" + AgreementReport.Of(report, Earlier));
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (IOException error)
        {
            throw new BenchException($"the report cannot be written: {error.Message}");
        }
    }
}
