using System.Diagnostics;

namespace Samehost.TestPeer;

/// <summary><c>crash-bound PATH</c>: binds, listens and kills itself with SIGKILL, which leaves the file.</summary>
internal static class CrashBound
{
    public static void Run(PeerArguments arguments)
    {
        using var bound = new BoundSocket(arguments);
        Console.WriteLine("ready");
        using Process self = Process.GetCurrentProcess();
        self.Kill();
        self.WaitForExit();
    }
}
