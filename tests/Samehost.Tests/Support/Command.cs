using System.Diagnostics;
using Xunit;

namespace Samehost.Tests.Support;

/// <summary>A program of the base system, run to its end.</summary>
internal static class Command
{
    public static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }
}
