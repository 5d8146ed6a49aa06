namespace Samehost.Tool.Commands;

/// <summary>Ends the command with one line on standard error, and one more where there is something to do about it.</summary>
internal sealed class ToolException(string message, int exitStatus = ExitStatus.Failed, string? hint = null) : Exception(message)
{
    public int ExitStatus => exitStatus;

    /// <summary>What to look at or to type next, one hint a line.</summary>
    public string? Hint => hint;
}
