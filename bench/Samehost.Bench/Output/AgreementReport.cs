namespace Samehost.Bench.Output;

/// <summary>How many ratios of two runs agree, and which do not: as lines for the terminal, and as a section of a document.</summary>
internal static class AgreementReport
{
    public static string Of(Report report, EarlierRun earlier)
    {
        EarlierRun.Pair[] pairs = [.. earlier.PairsWith(report)];
        EarlierRun.Pair[] apart = [.. pairs.Where(pair => !pair.Agrees)];
        string agreeing = $"{pairs.Length - apart.Length} of {pairs.Length}";
        var lines = new List<string>
        {
            "### Compared with an earlier run",
            "",
            $"With the run of {earlier.Date}, {agreeing} ratios agree: the ranges of their rounds overlap.",
        };
        if (apart.Length > 0)
        {
            lines.AddRange(["", "| apart | earlier | now |", "| --- | --- | --- |"]);
            lines.AddRange(apart.Select(pair => $"| {MarkdownReport.Cell(pair.Title)} "
                + $"| {Figures.Ratio(pair.Before.Value, pair.Before.Min, pair.Before.Max)} "
                + $"| {Figures.Ratio(pair.Now.Value, pair.Now.Rounds.Min, pair.Now.Rounds.Max)} |"));
        }

        return string.Join('\n', lines) + "\n";
    }
}
