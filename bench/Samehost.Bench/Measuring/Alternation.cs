namespace Samehost.Bench.Measuring;

/// <summary>
/// Runs all contestants once a round, and every second round backwards: what the machine does meanwhile, and how it drifts,
/// then hits all of them alike.
/// </summary>
internal static class Alternation
{
    public static Outcome Run(string row, Comparison comparison, int rounds, Action<int, string> progress)
    {
        var samples = comparison.Contestants.ToDictionary(c => c.Name, _ => new List<Sample>());
        for (int round = 0; round < rounds; round++)
        {
            foreach (Contestant contestant in round % 2 == 0 ? comparison.Contestants : comparison.Contestants.Reverse())
            {
                progress(round + 1, contestant.Name);
                samples[contestant.Name].Add(contestant.Measure());
            }
        }

        return new(row, comparison, samples.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<Sample>)pair.Value));
    }
}
