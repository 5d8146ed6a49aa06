// unsetenv(3), environ(7): the environment that native code, and programs that it starts, see.
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>The process's environment proper, of which the runtime's is a copy.</summary>
internal static partial class LibcEnvironment
{
    /// <summary>Removes a variable; 0 or <c>-errno</c>.</summary>
    public static int Unset(string name) => LibcResult.From(unsetenv(name));

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unsetenv(string name);
}
