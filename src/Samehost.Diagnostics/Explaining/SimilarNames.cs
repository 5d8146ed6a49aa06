using System.Text;

namespace Samehost.Diagnostics.Explaining;

/// <summary>Finds what somebody may have meant by a name that does not exist.</summary>
internal static class SimilarNames
{
    private const int MostLookedAt = 10_000;
    private const int MostShown = 3;

    /// <summary>The names most like the wanted one, best first.</summary>
    public static List<string> Among(IEnumerable<string> names, string wanted) =>
        [.. names.Take(MostLookedAt).Select(name => (Name: name, Distance: Distance(name, wanted)))
            .Where(n => n.Name != wanted && n.Distance is not null)
            .OrderBy(n => n.Distance).ThenBy(n => n.Name, StringComparer.Ordinal)
            .Take(MostShown).Select(n => n.Name)];

    /// <summary>The entries of a directory that are like the wanted name; none when it may not be read.</summary>
    public static List<string> In(WalkPoint directory, byte[] wanted)
    {
        try
        {
            IEnumerable<string> entries = Directory.EnumerateFileSystemEntries($"/proc/self/fd/{directory.File.Number}/");
            return Among(entries.Select(path => Path.GetFileName(path)), Encoding.UTF8.GetString(wanted));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>How far apart, or null when too far: letters changed, added, left out or exchanged, whatever their case.</summary>
    private static int? Distance(string one, string other)
    {
        string a = one.ToLowerInvariant(), b = other.ToLowerInvariant();
        if (Stem(a) == Stem(b) && Stem(a).Length > 0)
            return 1; // app.sock and app.socket
        int most = Math.Clamp(Math.Min(a.Length, b.Length) / 3, 1, 3);
        if (Math.Abs(a.Length - b.Length) > most)
            return null;
        int[] before = new int[b.Length + 1], above = [.. Enumerable.Range(0, b.Length + 1)], row = new int[b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
            (before, above, row) = (above, row, before);
        }
        return above[b.Length] <= most ? above[b.Length] : null;
    }

    private static string Stem(string name) => name.LastIndexOf('.') is > 0 and var dot ? name[..dot] : name;
}
