namespace Samehost.Measuring;

/// <summary>
/// The order of a round: every second one goes backwards, so that what the machine does meanwhile, and how it drifts, hits all alike.
/// </summary>
internal static class Turns
{
    /// <summary>All contestants in the order of the round, which counts from 0.</summary>
    public static IEnumerable<T> Of<T>(int round, IReadOnlyList<T> contestants) => round % 2 == 0 ? contestants : contestants.Reverse();
}
