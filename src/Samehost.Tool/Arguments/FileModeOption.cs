using System.CommandLine;

namespace Samehost.Tool.Arguments;

/// <summary><c>--mode</c>: the permissions of a socket file, as chmod(1) takes them.</summary>
internal static class FileModeOption
{
    public static Option<UnixFileMode?> Create(string description)
    {
        Option<UnixFileMode?> option = CommonOption.Parsed<UnixFileMode?>("--mode", "MODE", description, Read);
        option.CompletionSources.Add("0600", "0660", "0666");
        return option;
    }

    private static (UnixFileMode?, string?) Read(string text)
    {
        string digits = text.Length == 4 && text[0] == '0' ? text[1..] : text;
        return digits.Length == 3 && digits.All(c => c is >= '0' and <= '7')
            ? ((UnixFileMode)digits.Aggregate(0, (mode, digit) => mode * 8 + (digit - '0')), null)
            : (null, $"'{text}' is no mode of a socket file: write three octal digits, as in 0660");
    }
}
