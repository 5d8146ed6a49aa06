using System.Diagnostics;
using Samehost.Interop;
using Samehost.Systemd;

namespace Samehost.Measuring;

/// <summary>The one way in which programs are started: they inherit 0, 1 and 2, and nothing that was meant for this process.</summary>
internal static class ChildStart
{
    /// <summary>Starts a program as <see cref="Process.Start(ProcessStartInfo)"/> does.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        foreach (string variable in ServiceEnvironment.Variables)
            start.Environment.Remove(variable);
        LibcCloseRange.KeepFromChildren();
        return Process.Start(start)!;
    }
}
