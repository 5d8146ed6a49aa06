namespace Samehost.Tool.Processes;

/// <summary>A process that serves a connection.</summary>
internal sealed record ChildProcess(int Id, Task<int> Ended);
