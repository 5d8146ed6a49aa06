using Samehost.Programs;
using Samehost.Tool.Output;
using Samehost.Tool.Relays;

namespace Samehost.Tool.Commands;

/// <summary>Says on standard error what went wrong and what to do about it.</summary>
internal static class Failure
{
    /// <summary>Tells of whatever ended a command, and gives its exit status.</summary>
    public static int Tell(Exception error)
    {
        switch (error)
        {
            case OutputException { IsClosedPipe: true }:
                return ExitStatus.ClosedPipe; // the reader has seen enough
            case ToolException told:
                Tell(told.Message, told.Hint);
                return told.ExitStatus;
            default:
                Tell(Summary(error), Hint(error));
                return ExitStatus.Failed;
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

    private static void Tell(string problem, string? hint)
    {
        Terminal.Error(problem);
        foreach (string line in hint?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [])
            Terminal.Hint(line);
    }

    /// <summary>Streams report failures as I/O errors around what the kernel said.</summary>
    private static Exception Cause(Exception error) => error is IOException { InnerException: UnixSocketException inner } ? inner : error;
}
