using System.Runtime.InteropServices;

namespace Samehost.Programs;

/// <summary>An error that ends the program: its message is printed on standard error, and the exit status is 1.</summary>
internal sealed class ProgramException(string message) : Exception(message);

/// <summary>The exit status of a program that was ended by a signal.</summary>
internal static class SignalStatus
{
    /// <summary>Returns 128 plus the number of the signal, as shells do.</summary>
    public static int Of(PosixSignal signal) => 128 + signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        _ => 15,
    };
}
