// proc(5), sd_listen_fds(3), credentials(7): numbers as text.
using System.Buffers;
using System.Globalization;
using System.Numerics;

namespace Samehost.Interop;

/// <summary>
/// Reads numbers that others wrote: ASCII digits and nothing else. The runtime's own parsers also take trailing NULs, whatever the styles
/// they are given, and some take white space and signs, so that two texts would be one number.
/// </summary>
internal static class Numbers
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> DecimalDigits = SearchValues.Create("0123456789.");
    private static readonly SearchValues<byte> HexDigitBytes = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>Reads a decimal number; false when the text is empty, has anything but digits in it, or does not fit the type.</summary>
    public static bool TryParse<T>(ReadOnlySpan<char> text, out T number)
        where T : struct, IBinaryInteger<T>
    {
        number = default;
        return !text.ContainsAnyExceptInRange('0', '9') && T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <inheritdoc cref="TryParse{T}(ReadOnlySpan{char}, out T)"/>
    public static bool TryParse<T>(ReadOnlySpan<byte> text, out T number)
        where T : struct, IBinaryInteger<T>
    {
        number = default;
        return !text.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Reads a hexadecimal number without a prefix; false as for <see cref="TryParse{T}(ReadOnlySpan{char}, out T)"/>.</summary>
    public static bool TryParseHex<T>(ReadOnlySpan<char> text, out T number)
        where T : struct, IBinaryInteger<T>
    {
        number = default;
        return !text.ContainsAnyExcept(HexDigits)
            && T.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }

    /// <inheritdoc cref="TryParseHex{T}(ReadOnlySpan{char}, out T)"/>
    public static bool TryParseHex<T>(ReadOnlySpan<byte> text, out T number)
        where T : struct, IBinaryInteger<T>
    {
        number = default;
        return !text.ContainsAnyExcept(HexDigitBytes)
            && T.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Reads a decimal number, as <see cref="TryParse{T}(ReadOnlySpan{char}, out T)"/> does.</summary>
    /// <exception cref="FormatException">The text is not one, or the number does not fit the type.</exception>
    public static T Parse<T>(ReadOnlySpan<char> text)
        where T : struct, IBinaryInteger<T> =>
        TryParse(text, out T number) ? number : throw new FormatException($"'{text}' is not a number made of digits.");

    /// <summary>Reads a number of seconds such as <c>12.34</c>: digits with at most one point among them.</summary>
    public static bool TryParseDecimal(ReadOnlySpan<char> text, out double number)
    {
        number = 0;
        return !text.ContainsAnyExcept(DecimalDigits) && text.ContainsAnyInRange('0', '9')
            && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }
}
