using System.Globalization;

namespace Samehost.Systemd;

/// <summary>Numbers as service managers write them: digits and nothing else.</summary>
internal static class Numbers
{
    public static bool TryParse(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
