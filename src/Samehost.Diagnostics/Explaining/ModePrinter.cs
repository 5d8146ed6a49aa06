namespace Samehost.Diagnostics.Explaining;

/// <summary>Type and mode in the ten characters of ls(1).</summary>
internal static class ModePrinter
{
    public static string Print(UnixFileKind kind, uint mode)
    {
        Span<char> text = stackalloc char[10];
        text[0] = kind switch
        {
            UnixFileKind.Directory => 'd',
            UnixFileKind.Socket => 's',
            UnixFileKind.SymbolicLink => 'l',
            UnixFileKind.Fifo => 'p',
            UnixFileKind.Device => 'c',
            _ => '-',
        };
        for (int who = 0; who < 3; who++)
            FileAccess.Triple(mode >> (6 - (3 * who))).CopyTo(text[(1 + (3 * who))..]);
        Special(ref text[3], mode & 0x800, 's'); // set-user-id
        Special(ref text[6], mode & 0x400, 's'); // set-group-id
        Special(ref text[9], mode & 0x200, 't'); // sticky
        return new string(text);
    }

    private static void Special(ref char place, uint isSet, char letter)
    {
        if (isSet != 0)
            place = place == 'x' ? letter : char.ToUpperInvariant(letter);
    }
}
