namespace Samehost.Tool.Commands;

/// <summary>What the command tells the shell; 128 plus its number for a signal, as shells count them.</summary>
internal static class ExitStatus
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int ClosedPipe = 128 + 13;
}
