// kill(2).
using System.Runtime.InteropServices;

namespace Samehost.Tool.Tests.Interop;

internal static partial class LibcSignal
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGTERM = 15;

    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int process, int signal);
}
