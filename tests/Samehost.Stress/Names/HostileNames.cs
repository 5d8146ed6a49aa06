using System.Text;

namespace Samehost.Stress.Names;

/// <summary>Names with control characters, escape sequences and syntax of terminals, shells and parsers.</summary>
internal static class HostileNames
{
    private static readonly byte[][] Pieces =
    [
        .. ((string[])[
            "\n", "\r", "\t", "\b", "\u007f", "\e[2J", "\e[31m", "\e]0;title\a", "\ec", "\u009b31m", "\u0085", "\u2028", "\u2029", "\u202e",
            "\u2066", "\u200f", "\u200b", "\ufeff", "e\u0301", "\ud83d\ude42", "'", "\"", "\\", "\\x0a", "$(id)",
            "`id`", ";", " ", "  ", "--", "@",
            "%s", "*", "?", "[", "(", ",", ":", "=", "#", "<b>", "{0}", "\n  listening  0 root", "unix:", ".sock", "a",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc3], [0xe2, 0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88], [0x9b, (byte)'2', (byte)'J'], [0xc0, 0xaf],
    ];

    /// <summary>Returns a name of at most the given length, without NUL and slash.</summary>
    public static byte[] Next(Random random, int maxLength)
    {
        var name = new List<byte>();
        var wanted = random.Next(4) == 0 ? maxLength : random.Next(1, Math.Max(2, maxLength / 2));
        while (name.Count < wanted)
            name.AddRange(Pieces[random.Next(Pieces.Length)]);
        var bytes = name.Take(maxLength).ToArray();
        return bytes is [(byte)'.'] or [(byte)'.', (byte)'.'] ? "a"u8.ToArray() : bytes;
    }

    /// <summary>Returns an abstract name, in which NULs and slashes are allowed.</summary>
    public static byte[] NextAbstract(Random random, int maxLength)
    {
        var name = Next(random, maxLength);
        if (random.Next(2) == 0)
            name[random.Next(name.Length)] = random.Next(2) == 0 ? (byte)0 : (byte)'/';
        return name;
    }
}
