using System.Globalization;

namespace Samehost.AspNetCore.Transport;

/// <summary>
/// How many connections there are descriptors for. A web application opens assemblies, two descriptors each, until long after its first
/// request, and the runtime ends a process that has none left when it needs one. So the rest has to be left from the start, by all
/// endpoints together.
/// </summary>
internal static class DescriptorRoom
{
    private const int LeftToTheApplication = 64;
    private const int OneOf = 32; // and as much of a larger limit, for the handlers' own files
    private const int LargeLimit = 512;
    private const int MostKept = 96;

    /// <summary>
    /// How many descriptors no endpoint may take, however many there are: each reckons as if it were alone, so several can have promised
    /// too much. Null where the limit is so small that this would leave too few for connections; the runtime's own are kept all the same.
    /// </summary>
    public static int? Kept() => Limit() is >= LargeLimit and var limit ? Math.Min(LeftOf(limit), MostKept) : null;

    /// <summary>As many connections as are wanted, or as there is room for now in the whole process, one at least.</summary>
    public static int For(int wanted)
    {
        if (Limit() is not { } limit)
            return wanted;
        int open = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
        return Math.Clamp(limit - open - LeftOf(limit), 1, wanted);
    }

    private static int LeftOf(int limit) => LeftToTheApplication + limit / OneOf;

    private static int? Limit()
    {
        try
        {
            // "Max open files            1024                 524288               files"
            string line = File.ReadLines("/proc/self/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal));
            string soft = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            bool isNumber = soft.All(char.IsAsciiDigit); // and not "unlimited"
            return isNumber && int.TryParse(soft, CultureInfo.InvariantCulture, out int limit) ? limit : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null; // no /proc here
        }
    }
}
