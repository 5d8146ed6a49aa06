using System.Text;

namespace Samehost.PeerTests.Support;

/// <summary>Lines of given lengths in bytes, in UTF-8 with characters of one to four bytes; each byte is a character here.</summary>
internal static class TestLines
{
    private static readonly byte[] Alphabet = Encoding.UTF8.GetBytes("aä€🙂 grüße, 漢字 and \t others: ");

    /// <summary>The orders of lengths in which a buffer with the rest of earlier lines can be filled.</summary>
    public static TheoryData<string> Orders => ["falling", "rising", "random"];

    /// <summary>Returns lines whose lengths fall, rise or alternate between two bounds, including both.</summary>
    public static string[] Make(string order, int count, int shortest, int longest)
    {
        var random = new Random(count + longest);
        var step = (double)(longest - shortest) / (count - 1);
        int[] lengths = [.. Enumerable.Range(0, count).Select(index => shortest + (int)Math.Round(step * index))];
        if (order == "falling")
            Array.Reverse(lengths);
        if (order == "random")
            random.Shuffle(lengths);
        return [.. lengths.Select(length => Line(random.Next(Alphabet.Length), length))];
    }

    /// <summary>Returns characters from a position of the alphabet, with full stops where the last would be cut.</summary>
    private static string Line(int start, int length)
    {
        var line = new StringBuilder(length);
        while (IsInside(Alphabet[start % Alphabet.Length]))
            start++;
        while (line.Length < length)
        {
            var size = 1;
            while (IsInside(Alphabet[(start + size) % Alphabet.Length]))
                size++;
            if (line.Length + size > length)
                size = 0;
            for (var index = 0; index < size; index++)
                line.Append((char)Alphabet[(start + index) % Alphabet.Length]);
            if (size == 0)
                line.Append('.', length - line.Length);
            start += size;
        }
        return line.ToString();
    }

    private static bool IsInside(byte unit) => (unit & 0xC0) == 0x80;
}
