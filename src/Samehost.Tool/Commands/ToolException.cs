namespace Samehost.Tool.Commands;

/// <summary>Ends the command with one line on standard error.</summary>
internal sealed class ToolException(string message, int exitStatus = ExitStatus.Failed) : Exception(message)
{
    public int ExitStatus => exitStatus;
}
