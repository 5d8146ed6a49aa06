// errno(3): how the wrappers in this folder report failure.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Samehost.Interop;

/// <summary>
/// Every wrapper returns what the kernel returns: zero or more on success, <c>-errno</c> on failure. That way an expected
/// outcome such as EAGAIN costs nothing and the number cannot be lost between two calls.
/// </summary>
internal static class LibcResult
{
    public const int EINTR = 4;

    /// <summary>Reads errno; must directly follow the call that returned −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int From(int result) => result >= 0 ? result : -Marshal.GetLastSystemError();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint From(nint result) => result >= 0 ? result : -Marshal.GetLastSystemError();
}
