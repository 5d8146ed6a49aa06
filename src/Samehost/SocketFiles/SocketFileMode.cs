using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using Samehost.Addresses;
using Samehost.Inspection;

namespace Samehost;

/// <summary>The permissions of a socket file, which are octal digits as text: <c>0660</c>.</summary>
/// <remarks>It converts from and to <see cref="UnixFileMode"/>, which configuration would read as a decimal number. See chmod(1).</remarks>
/// <example><code>
/// var file = new SocketFileOptions { Mode = SocketFileMode.Parse("0660") };
/// file.Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
/// </code></example>
[TypeConverter(typeof(ParsableConverter<SocketFileMode>))]
public readonly struct SocketFileMode : IEquatable<SocketFileMode>, IParsable<SocketFileMode>
{
    private readonly UnixFileMode _bits;

    private SocketFileMode(UnixFileMode bits) => _bits = bits;

    /// <summary>Converts permissions to a mode.</summary>
    /// <param name="bits">The permissions.</param>
    public static implicit operator SocketFileMode(UnixFileMode bits) => new(bits);

    /// <summary>Converts a mode to permissions.</summary>
    /// <param name="mode">The mode.</param>
    public static implicit operator UnixFileMode(SocketFileMode mode) => mode._bits;

    /// <summary>Converts text to a mode: three octal digits, with or without a zero before them (<c>0660</c>, <c>660</c>), or names of
    /// <see cref="UnixFileMode"/> with commas between (<c>UserRead, UserWrite</c>).</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is no mode of a socket file; the message says what to write.</exception>
    public static SocketFileMode Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var mode) ? mode : throw new FormatException(
            $"{ProblemWithOctal(text)}, or names such as {UnixFileMode.UserRead}, {UnixFileMode.UserWrite}.");
    }

    /// <summary>Converts text to a mode as <see cref="Parse"/> does.</summary>
    /// <param name="text">The text.</param>
    /// <param name="mode">The mode.</param>
    /// <returns>False if the text is not the mode of a socket file.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out SocketFileMode mode)
    {
        mode = default;
        if (text is null)
            return false;
        if (TryParseOctal(text.AsSpan().Trim(), out var bits))
        {
            mode = bits;
            return true;
        }

        // Numbers are octal here, and in decimal to the enumeration.
        if (text.AsSpan().ContainsAnyInRange('0', '9') || !Enum.TryParse(text, out bits) || (bits & ~SocketFileOptions.AllPermissions) != 0)
            return false;
        mode = bits;
        return true;
    }

    static SocketFileMode IParsable<SocketFileMode>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<SocketFileMode>.TryParse(
        [NotNullWhen(true)] string? s, IFormatProvider? provider, out SocketFileMode result) => TryParse(s, out result);

    /// <summary>Returns true if the permissions are the same.</summary>
    public bool Equals(SocketFileMode other) => _bits == other._bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SocketFileMode other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)_bits;

    /// <summary>Returns true if the permissions are the same.</summary>
    public static bool operator ==(SocketFileMode left, SocketFileMode right) => left.Equals(right);

    /// <summary>Returns false if the permissions are the same.</summary>
    public static bool operator !=(SocketFileMode left, SocketFileMode right) => !left.Equals(right);

    /// <summary>Returns the octal digits, such as <c>0660</c>, which <see cref="Parse"/> converts back.</summary>
    public override string ToString() => Convert.ToString((int)_bits, 8).PadLeft(4, '0');

    /// <summary>Reads octal digits only.</summary>
    internal static bool TryParseOctal(ReadOnlySpan<char> text, out UnixFileMode bits)
    {
        bits = 0;
        var digits = text is ['0', _, _, _] ? text[1..] : text;
        if (digits.Length != 3 || digits.ContainsAnyExceptInRange('0', '7'))
            return false;
        foreach (var digit in digits)
            bits = (UnixFileMode)(((int)bits << 3) | (digit - '0'));
        return true;
    }

    /// <summary>The problem with text that is not octal, as a sentence without its full stop.</summary>
    internal static string ProblemWithOctal(string text) =>
        $"'{PrintableText.Of(text)}' is not a mode of a socket file: use three octal digits, as in 0660";
}
