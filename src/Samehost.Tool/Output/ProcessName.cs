namespace Samehost.Tool.Output;

/// <summary>The name of a program, which the program chooses itself, so that it cannot pass for two: <c>sshd(1) root, x</c>.</summary>
internal static class ProcessName
{
    /// <summary>Between quotes where it has something in it that separates processes or columns.</summary>
    public static string Of(UnixSocketProcess process)
    {
        string name = process.Command;
        bool isPlain = !name.AsSpan().ContainsAny("(),\"") && !name.Contains("  ", StringComparison.Ordinal) && name.Trim() == name;
        return isPlain ? name
            : $"\"{name.Replace("\"", "\\x22", StringComparison.Ordinal).Replace("  ", " \\x20", StringComparison.Ordinal)}\"";
    }
}
