namespace Samehost.Programs;

/// <summary>The command-line arguments of a program.</summary>
internal sealed record ProgramArguments(UnixEndPoint EndPoint, bool Keep)
{
    /// <summary>Parses the arguments; returns null when the user asked for help.</summary>
    /// <exception cref="ProgramException">The arguments are invalid; the message is the usage line.</exception>
    /// <exception cref="ArgumentException">The address is invalid; the message says why.</exception>
    public static ProgramArguments? Parse(string name, string help, string[] args)
    {
        if (args is ["--help"] or ["-h"])
            return null;
        bool keep = help.Contains("--keep", StringComparison.Ordinal) && args.Contains("--keep");
        string[] rest = keep ? [.. args.Where(argument => argument != "--keep")] : args;
        if (rest.Length != 1 || rest[0].StartsWith('-'))
            throw new ProgramException($"usage: {name} <local_path>");
        return new ProgramArguments(UnixEndPoint.Parse(Absolute(rest[0])), keep);
    }

    /// <summary>Makes a relative path absolute, from the working directory.</summary>
    private static string Absolute(string text)
    {
        bool isRelative = text.Length > 0 && text[0] is not ('/' or '@')
            && !text.StartsWith("unix:", StringComparison.Ordinal) && !text.StartsWith("unix-abstract:", StringComparison.Ordinal);
        return isRelative ? Path.Join(Environment.CurrentDirectory, text) : text;
    }
}
