using Samehost.Programs;
using Samehost.Tool.Connections;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Cli;

/// <summary>Says on standard error what went wrong and what to do about it.</summary>
internal static class ErrorReport
{
    /// <summary>Tells of whatever ended a command, and gives its exit status.</summary>
    public static int Print(Exception error)
    {
        switch (error)
        {
            case OutputException { IsClosedPipe: true }:
                return ExitStatus.ClosedPipe; // the reader has seen enough
            case ToolException told:
                Print(told.Message, told.Hint);
                return told.ExitStatus;
            default:
                Print(Summary(error), Hint(error));
                return ExitStatus.Failure;
        }
    }

    /// <summary>One line: the call, the errno, and the address where there is one.</summary>
    public static string Summary(Exception error) => Cause(error) switch
    {
        UnixSocketException { EndPoint: { } address } failed => $"{failed.Summary}: {address}",
        UnixSocketException failed => failed.Summary,
        { } other => other.Message,
    };

    /// <summary>What to look at; null where there is nothing to say.</summary>
    public static string? Hint(Exception error) => Cause(error) switch
    {
        UnixSocketException failed => failed.Hint,
        TcpException failed => failed.Hint,
        _ => null,
    };

    private static void Print(string problem, string? hint)
    {
        TerminalWriter.WriteError(problem);
        foreach (string line in hint?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [])
            TerminalWriter.WriteHint(line);
    }

    /// <summary>Streams report failures as I/O errors around what the kernel said.</summary>
    private static Exception Cause(Exception error) => error is IOException { InnerException: UnixSocketException inner } ? inner : error;
}

/// <summary>Ends the command with one line on standard error, and one more where there is something to do about it.</summary>
internal sealed class ToolException(string message, int exitStatus = ExitStatus.Failure, string? hint = null) : Exception(message)
{
    public int ExitStatus => exitStatus;

    /// <summary>What to look at or to type next, one hint a line.</summary>
    public string? Hint => hint;
}

/// <summary>What the command tells the shell; 128 plus its number for a signal, as shells count them.</summary>
internal static class ExitStatus
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int UsageError = 2;
    public const int ClosedPipe = 128 + 13;
}

/// <summary>What the library says about an argument, as a user may read it.</summary>
internal static class ArgumentProblem
{
    /// <summary>The sentence without the name of our parameter, which means nothing to a user.</summary>
    public static string Of(Exception error)
    {
        int parameter = error.Message.IndexOf(" (Parameter", StringComparison.Ordinal);
        return (parameter < 0 ? error.Message : error.Message[..parameter]).TrimEnd('.');
    }
}

/// <summary>Why a file that a user named cannot be used: the runtime's words, except where they do not say it.</summary>
internal static class FileProblem
{
    /// <summary>The failures that are about the path, and not ours.</summary>
    public static bool Is(Exception error) => error is IOException or UnauthorizedAccessException or ArgumentException;

    public static string Of(string path, Exception error) =>
        path.Length == 0 ? "the name of the file is empty"
        : Directory.Exists(path) ? $"{path} is a directory"
        : error.Message.TrimEnd('.');
}
