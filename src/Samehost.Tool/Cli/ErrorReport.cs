using Samehost.Programs;
using Samehost.Tool.Connections;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Cli;

/// <summary>Prints errors and their hints on standard error.</summary>
internal static class ErrorReport
{
    /// <summary>Prints the error that ended a command and returns the exit status for it.</summary>
    public static int Print(Exception error)
    {
        switch (error)
        {
            case OutputException { IsClosedPipe: true }:
                return ExitStatus.ClosedPipe; // the reader has closed the pipe
            case ToolException failure:
                Print(failure.Message, failure.Hint);
                return failure.ExitStatus;
            default:
                Print(Summary(error), Hint(error));
                return ExitStatus.Failure;
        }
    }

    /// <summary>Gets the error as one line: the call, the errno, and the address if there is one.</summary>
    public static string Summary(Exception error) => Cause(error) switch
    {
        UnixSocketException { EndPoint: { } address } failed => $"{failed.Summary}: {address}",
        UnixSocketException failed => failed.Summary,
        { } other => other.Message,
    };

    /// <summary>Gets the hint of the error; null when it has none.</summary>
    public static string? Hint(Exception error) => Cause(error) switch
    {
        UnixSocketException failed => failed.Hint,
        TcpException failed => failed.Hint,
        _ => null,
    };

    private static void Print(string problem, string? hint)
    {
        TerminalWriter.WriteError(problem);
        foreach (var line in hint?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [])
            TerminalWriter.WriteHint(line);
    }

    /// <summary>Streams wrap the socket error in an IOException.</summary>
    private static Exception Cause(Exception error) => error is IOException { InnerException: UnixSocketException inner } ? inner : error;
}

/// <summary>Ends the command with one line on standard error and, where there is a hint, further lines.</summary>
internal class ToolException(string message, int exitStatus = ExitStatus.Failure, string? hint = null) : Exception(message)
{
    public int ExitStatus => exitStatus;

    /// <summary>What to check or type next, one hint a line.</summary>
    public string? Hint => hint;
}

/// <summary>The exit status of the command; 128 plus the signal's number for a signal, as in shells.</summary>
internal static class ExitStatus
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int UsageError = 2;
    public const int ClosedPipe = 128 + 13;
}

/// <summary>Formats the library's argument exceptions for users.</summary>
internal static class ArgumentErrorText
{
    /// <summary>Gets the message without the parameter's name, which means nothing to a user.</summary>
    public static string Of(Exception error)
    {
        var parameter = error.Message.IndexOf(" (Parameter", StringComparison.Ordinal);
        return Of(parameter < 0 ? error.Message : error.Message[..parameter]);
    }

    /// <summary>Gets a sentence of the library as the end of an error message.</summary>
    public static string Of(string problem) => problem.TrimEnd('.');
}

/// <summary>Describes why a file cannot be used: the runtime's message, except where that is unclear.</summary>
internal static class FileErrorText
{
    /// <summary>Returns true for exceptions that are caused by the path.</summary>
    public static bool Is(Exception error) => error is IOException or UnauthorizedAccessException or ArgumentException;

    public static string Of(string path, Exception error) =>
        path.Length == 0 ? "the name of the file is empty"
        : Directory.Exists(path) ? $"{path} is a directory"
        : error.Message.TrimEnd('.');
}
