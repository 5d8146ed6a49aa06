using System.Text.Json;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>
/// The ratios of an earlier run, read from its JSON. A ratio of this run agrees with the earlier one when the ranges of their rounds
/// overlap.
/// </summary>
internal sealed class EarlierRun
{
    private readonly Dictionary<string, EarlierRatio> _ratios = [];

    private EarlierRun(string date) => Date = date;

    public string Date { get; }

    /// <exception cref="BenchException">The file cannot be read, or this program did not write it.</exception>
    public static EarlierRun Read(string file)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            var run = new EarlierRun(document.RootElement.GetProperty("machine").GetProperty("date").GetString() ?? "");
            foreach (var result in document.RootElement.GetProperty("outcomes").EnumerateArray())
            {
                foreach (var ratio in result.GetProperty("ratios").EnumerateArray())
                {
                    var rounds = ratio.GetProperty("rounds");
                    run._ratios[Key(Text(result, "row"), Text(result, "title"), Text(ratio, "contestant"), Text(ratio, "reference"),
                        Text(ratio, "metric"))] = new(Number(ratio, "value"), Number(rounds, "min"), Number(rounds, "max"));
                }
            }

            return run;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BenchException($"the earlier run cannot be read: {error.Message}");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new BenchException($"{file} is not a report that --json wrote: {error.Message}");
        }
    }

    /// <summary>Returns the ratios that both runs have.</summary>
    public IEnumerable<Pair> PairsWith(Report report) =>
        from result in report.Results
        from ratio in result.Ratios()
        where ratio.Reference is not null
        let key = Key(result.Benchmark, result.Comparison.Title, ratio.Candidate, ratio.Reference, ratio.Metric)
        where _ratios.ContainsKey(key)
        select new Pair(result, ratio, _ratios[key]);

    private static string Key(params string?[] parts) => string.Join('\n', parts);

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    /// <summary>One ratio of the earlier run, with the lowest and highest of its rounds.</summary>
    public sealed record EarlierRatio(double Value, double Min, double Max);

    /// <summary>The same ratio in both runs.</summary>
    public sealed record Pair(ComparisonResult Result, Ratio Now, EarlierRatio Before)
    {
        public bool Agrees => Now.Rounds.Min <= Before.Max && Before.Min <= Now.Rounds.Max;

        public string Title => $"{Result.Benchmark}, {Result.Comparison.Title}: {Now.Candidate} {Now.Title}";
    }
}

/// <summary>The ratios that differ between two runs, as Markdown for the terminal and for a document.</summary>
internal static class AgreementReport
{
    public static string Of(Report report, EarlierRun earlier)
    {
        EarlierRun.Pair[] pairs = [.. earlier.PairsWith(report)];
        EarlierRun.Pair[] apart = [.. pairs.Where(pair => !pair.Agrees)];
        var agreeing = $"{pairs.Length - apart.Length} of {pairs.Length}";
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
