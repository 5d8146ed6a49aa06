namespace Samehost.Measuring;

/// <summary>
/// Measures candidates in rounds. Every second round runs in reverse order, so that drift and other load of the machine affect all
/// candidates alike.
/// </summary>
internal static class AlternatingRounds
{
    /// <summary>Measures every candidate once a round.</summary>
    /// <param name="candidates">What is compared.</param>
    /// <param name="rounds">The number of rounds.</param>
    /// <param name="measure">Measures a candidate once.</param>
    /// <param name="reportProgress">Called before each measurement with the round, from 1, and the candidate.</param>
    /// <returns>The results of each candidate in the order of the rounds, candidates in the given order.</returns>
    public static IReadOnlyList<TResult>[] Run<TCandidate, TResult>(
        IReadOnlyList<TCandidate> candidates, int rounds, Func<TCandidate, TResult> measure, Action<int, TCandidate> reportProgress)
    {
        List<TResult>[] results = [.. candidates.Select(_ => new List<TResult>(rounds))];
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < candidates.Count; i++)
            {
                var index = round % 2 == 0 ? i : candidates.Count - 1 - i;
                reportProgress(round + 1, candidates[index]);
                results[index].Add(measure(candidates[index]));
            }
        }

        return [.. results];
    }
}
