using System.Net;

namespace Samehost.Errors;

/// <summary>What to look at when a call failed. Looks at the file system only here, when the failure is already a fact.</summary>
internal static class Hints
{
    public static string? For(Errno errno, string operation, EndPoint? endPoint) => null;
}
