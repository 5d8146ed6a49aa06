using Samehost.Inspection;

namespace Samehost.Addresses;

/// <summary>Prints an address on one line that is harmless on a terminal and in a log.</summary>
internal static class UnixEndPointPrinter
{
    public static string Print(UnixEndPointKind kind, ReadOnlySpan<byte> name) => kind switch
    {
        UnixEndPointKind.Unnamed => "(unnamed)",
        UnixEndPointKind.Autobind => "(autobind)",
        UnixEndPointKind.Abstract => "@" + Escape(name),

        // Another program may have bound a relative path; without the dot a file called "@x" would look like an abstract name.
        _ => name.StartsWith("/"u8) ? Escape(name) : "./" + Escape(name),
    };

    public static string Escape(ReadOnlySpan<byte> bytes) => PrintableText.Of(bytes);
}
