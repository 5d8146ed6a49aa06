using System.Text.Json;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Output;

/// <summary>
/// The ratios of an earlier run, read from its JSON. A ratio of this run agrees with the earlier one when the ranges of their single rounds
/// overlap: then the spread that both state covers the difference.
/// </summary>
internal sealed class EarlierRun
{
    private readonly Dictionary<string, Was> _ratios = [];

    private EarlierRun(string date) => Date = date;

    public string Date { get; }

    /// <exception cref="BenchException">The file is not there, or not of this program.</exception>
    public static EarlierRun Read(string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            var run = new EarlierRun(document.RootElement.GetProperty("machine").GetProperty("date").GetString() ?? "");
            foreach (JsonElement outcome in document.RootElement.GetProperty("outcomes").EnumerateArray())
            {
                foreach (JsonElement ratio in outcome.GetProperty("ratios").EnumerateArray())
                {
                    JsonElement rounds = ratio.GetProperty("rounds");
                    run._ratios[Key(Text(outcome, "row"), Text(outcome, "title"), Text(ratio, "contestant"), Text(ratio, "reference"),
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
            throw new BenchException($"{file} is no report that --json wrote: {error.Message}");
        }
    }

    /// <summary>What is in both runs, and says what it is the ratio of.</summary>
    public IEnumerable<Pair> PairsWith(Report report) =>
        from outcome in report.Outcomes
        from ratio in outcome.Ratios()
        where ratio.Reference is not null
        let key = Key(outcome.Row, outcome.Comparison.Title, ratio.Contestant, ratio.Reference, ratio.Metric)
        where _ratios.ContainsKey(key)
        select new Pair(outcome, ratio, _ratios[key]);

    private static string Key(params string?[] parts) => string.Join('\n', parts);

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    /// <summary>One ratio of the earlier run, with the lowest and highest of its rounds.</summary>
    public sealed record Was(double Value, double Min, double Max);

    /// <summary>The same ratio in both runs.</summary>
    public sealed record Pair(Outcome Outcome, Ratio Now, Was Before)
    {
        public bool Agrees => Now.Rounds.Min <= Before.Max && Before.Min <= Now.Rounds.Max;

        public string Title => $"{Outcome.Row}, {Outcome.Comparison.Title}: {Now.Contestant} {Now.Title}";
    }
}
