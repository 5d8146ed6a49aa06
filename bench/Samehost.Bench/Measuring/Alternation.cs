namespace Samehost.Bench.Measuring;

/// <summary>Runs all contestants once a round, by turns.</summary>
internal static class Alternation
{
    public static Outcome Run(string row, Comparison comparison, int rounds, Action<int, string> progress)
    {
        var samples = comparison.Contestants.ToDictionary(c => c.Name, _ => new List<Sample>());
        for (int round = 0; round < rounds; round++)
        {
            foreach (Contestant contestant in Turns.Of(round, comparison.Contestants))
            {
                progress(round + 1, contestant.Name);
                samples[contestant.Name].Add(contestant.Measure());
            }
        }

        return new(row, comparison, samples.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<Sample>)pair.Value));
    }
}
