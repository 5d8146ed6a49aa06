namespace Samehost.Programs;

/// <summary>What the user typed behind the program's name.</summary>
internal sealed record ProgramArguments(UnixEndPoint EndPoint, bool Keep)
{
    /// <summary>Reads the arguments; null when the user asked for help.</summary>
    /// <exception cref="ProgramException">They do not fit; the message is the usage line.</exception>
    /// <exception cref="FormatException">The text is not an address; the message says what to write.</exception>
    public static ProgramArguments? Read(string name, string help, string[] args)
    {
        if (args is ["--help"] or ["-h"])
            return null;
        bool keep = help.Contains("--keep", StringComparison.Ordinal) && args.Contains("--keep");
        string[] rest = keep ? [.. args.Where(argument => argument != "--keep")] : args;
        if (rest.Length != 1 || rest[0].StartsWith('-'))
            throw new ProgramException($"usage: {name} <local_path>");
        return new ProgramArguments(UnixEndPoint.Parse(Absolute(rest[0])), keep);
    }

    /// <summary>A relative path counts from the working directory, as for every other program.</summary>
    private static string Absolute(string text)
    {
        bool isRelative = text.Length > 0 && text[0] is not ('/' or '@')
            && !text.StartsWith("unix:", StringComparison.Ordinal) && !text.StartsWith("unix-abstract:", StringComparison.Ordinal);
        return isRelative ? Path.Join(Environment.CurrentDirectory, text) : text;
    }
}
