using System.Diagnostics;
using Samehost.Interop;
using Samehost.Measuring.Interop;
using Samehost.Systemd;

namespace Samehost.Measuring;

/// <summary>
/// Starts programs, which inherit descriptors 0, 1 and 2, and neither other descriptors nor what a service manager passed to this process.
/// </summary>
internal static class ChildStart
{
    /// <summary>Starts a program as <see cref="Process.Start(ProcessStartInfo)"/> does.</summary>
    /// <param name="start">The program.</param>
    /// <param name="cpu">The CPU to which it is pinned; null for no restriction.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static Process Start(ProcessStartInfo start, int? cpu = null)
    {
        foreach (var variable in ServiceEnvironment.Variables)
            start.Environment.Remove(variable);
        LibcCloseRange.KeepFromChildren();
        if (cpu is not int only)
            return Process.Start(start)!;

        // A child inherits the CPUs of the starting thread.
        var before = CpuAffinity.Get();
        try
        {
            CpuAffinity.Set(only);
            return Process.Start(start)!;
        }
        finally
        {
            CpuAffinity.Set(before);
        }
    }

    /// <summary>Gets the command that starts this program again: its executable, or the dotnet host and its assembly.</summary>
    /// <exception cref="InvalidOperationException">The path of this program is unknown.</exception>
    public static string[] GetOwnCommand()
    {
        var executable = Environment.ProcessPath ?? throw new InvalidOperationException("the path of this program is unknown");
        return Path.GetFileNameWithoutExtension(executable) == "dotnet"
            ? [executable, Environment.GetCommandLineArgs()[0]]
            : [executable];
    }
}
