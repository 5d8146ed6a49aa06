namespace Samehost.Inspection;

/// <summary>How far apart two words are: letters changed, added, left out, or exchanged with the next one.</summary>
internal static class EditDistance
{
    /// <summary>Counts the changes that turn one word into the other.</summary>
    public static int Of(string one, string other)
    {
        int[] before = new int[other.Length + 1], above = [.. Enumerable.Range(0, other.Length + 1)], row = new int[other.Length + 1];
        for (var i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var change = one[i - 1] == other[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + change);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
            (before, above, row) = (above, row, before);
        }
        return above[other.Length];
    }
}
