using System.Text;
using Samehost.Addresses;

namespace Samehost.Inspection;

/// <summary>Names that strangers chose, as one harmless line.</summary>
internal static class Text
{
    public static string Safe(ReadOnlySpan<byte> name) => UnixEndPointPrinter.Escape(name);

    public static string Safe(string name) => UnixEndPointPrinter.Escape(Encoding.UTF8.GetBytes(name));
}
