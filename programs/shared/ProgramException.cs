namespace Samehost.Programs;

/// <summary>Ends the program with one line on standard error and exit status 1.</summary>
internal sealed class ProgramException(string message) : Exception(message);
