using System.ComponentModel;
using System.Globalization;

namespace Samehost.Addresses;

/// <summary>Converts text to a type by its own <c>Parse</c>, and back by its <c>ToString</c>.</summary>
/// <remarks>Configuration uses a type's converter and knows nothing of <see cref="IParsable{TSelf}"/>: without one it leaves a property
/// null.</remarks>
/// <typeparam name="T">The type.</typeparam>
internal sealed class ParsableConverter<T> : TypeConverter
    where T : IParsable<T>
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    /// <exception cref="FormatException">The text is not valid; the message says what to write instead.</exception>
    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? T.Parse(text, culture) : base.ConvertFrom(context, culture, value);
}
