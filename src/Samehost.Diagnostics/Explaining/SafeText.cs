using System.Text;
using Samehost.Addresses;

namespace Samehost.Diagnostics.Explaining;

/// <summary>Names that strangers chose, as one harmless line.</summary>
internal static class SafeText
{
    public static string Of(ReadOnlySpan<byte> name) => PrintableText.Escape(name);

    public static string Of(string name) => PrintableText.Escape(Encoding.UTF8.GetBytes(name));
}
