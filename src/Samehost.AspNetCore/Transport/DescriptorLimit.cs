using Samehost.Interop;

namespace Samehost.AspNetCore.Transport;

/// <summary>Derives limits for connections from the descriptor limit of the process (RLIMIT_NOFILE, getrlimit(2)).</summary>
/// <remarks>
/// A web application opens assemblies, at two descriptors each, until long after its first request, and the runtime ends a process that
/// has no descriptor left for one. All endpoints together therefore leave a reserve from the start.
/// </remarks>
internal static class DescriptorLimit
{
    private const int ApplicationReserve = 64;
    private const int ReserveDivisor = 32; // and this share of the limit, for files of the handlers
    private const int LargeLimit = 512;
    private const int MaxReserve = 96;

    /// <summary>Returns the number of descriptors that connections never use.</summary>
    /// <remarks>Each endpoint computes <see cref="ClampConnections"/> for itself, so that several of them can exceed the limit
    /// together.</remarks>
    /// <returns><see langword="null"/> where the limit is so small that too few connections would remain; the server then keeps its own
    /// reserve for the runtime.</returns>
    public static int? GetReserve() =>
        LibcLimits.Descriptors() is >= LargeLimit and var limit ? Math.Min(GetApplicationReserve(limit), MaxReserve) : null;

    /// <summary>Reduces a number of connections, to one at least, to what the process has descriptors for now.</summary>
    public static int ClampConnections(int maxConnections)
    {
        var limit = LibcLimits.Descriptors();
        return Math.Clamp(limit - CountOpen() - GetApplicationReserve(limit), 1, maxConnections);
    }

    private static int GetApplicationReserve(int limit) => ApplicationReserve + limit / ReserveDivisor;

    private static int CountOpen()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // /proc is not mounted; the reserve has room for those that a program usually has open
        }
    }
}
