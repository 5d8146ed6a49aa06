using System.CommandLine;

namespace Samehost.Tool.Arguments;

/// <summary><c>--mode</c>: the permissions of a socket file, as chmod(1) takes them.</summary>
internal static class FileModeOption
{
    private const int MostPermissions = 0x1FF;

    public static Option<UnixFileMode?> Create(string description) =>
        CommonOption.Parsed<UnixFileMode?>("--mode", "MODE", description, text => TryRead(text, out UnixFileMode mode)
            ? (mode, null)
            : (null, $"'{text}' is no mode: write three octal digits, such as 660"));

    private static bool TryRead(string text, out UnixFileMode mode)
    {
        int value = 0;
        foreach (char c in text)
            value = c is >= '0' and <= '7' && value <= MostPermissions ? value * 8 + (c - '0') : MostPermissions + 1;
        mode = (UnixFileMode)value;
        return text.Length > 0 && value <= MostPermissions;
    }
}
