using System.Globalization;
using Samehost.Interop;

namespace Samehost.Tool.Arguments;

/// <summary>Times as they are typed and printed.</summary>
internal static class Duration
{
    /// <summary>What every timer takes.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("us", 0.000001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>Reads a number and its unit; a bare number is seconds, as for sleep(1). A day at most.</summary>
    public static bool TryParse(string text, out TimeSpan time)
    {
        time = TimeSpan.Zero;
        (string unit, double seconds) = Array.Find(Units, u => text.EndsWith(u.Unit, StringComparison.Ordinal));
        string number = unit is null ? text : text[..^unit.Length];
        if (!Numbers.TryParseDecimal(number, out double value))
            return false;
        value *= unit is null ? 1 : seconds;
        if (!(value <= Longest.TotalSeconds))
            return false;
        time = TimeSpan.FromSeconds(value);
        return true;
    }

    /// <summary>Something that <see cref="TryParse"/> reads: <c>200ms</c>, <c>5s</c>.</summary>
    public static string Text(TimeSpan time) => time < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.###}ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s");
}
