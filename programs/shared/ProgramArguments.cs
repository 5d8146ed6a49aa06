namespace Samehost.Programs;

/// <summary>The command-line arguments of a program.</summary>
internal sealed record ProgramArguments(UnixEndPoint EndPoint, bool Keep)
{
    /// <summary>Parses the arguments; returns null when the user asked for help.</summary>
    /// <exception cref="ProgramException">The arguments are invalid; the message is the usage line.</exception>
    /// <exception cref="FormatException">The address is invalid; the message says why.</exception>
    public static ProgramArguments? Parse(string name, string help, string[] args)
    {
        if (args is ["--help"] or ["-h"])
            return null;
        bool keep = help.Contains("--keep", StringComparison.Ordinal) && args.Contains("--keep");
        string[] rest = keep ? [.. args.Where(argument => argument != "--keep")] : args;
        if (rest.Length != 1 || rest[0].StartsWith('-'))
            throw new ProgramException($"usage: {name} <local_path>");
        return new ProgramArguments(UnixEndPoint.Parse(RelativeAddress.Resolve(rest[0])), keep);
    }
}
