using System.Runtime.InteropServices;

namespace Samehost.Programs;

/// <summary>Gets the exit status of a program that a signal has ended, as in shells.</summary>
internal static class SignalStatus
{
    /// <summary>128 plus the number of the signal.</summary>
    public static int Of(PosixSignal signal) => 128 + signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        _ => 15,
    };
}
