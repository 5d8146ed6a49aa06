namespace Samehost.Tool.Output;

/// <summary>The terminal's own colours, by the number in their escape sequence, so that the user's theme decides.</summary>
internal enum Color
{
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Magenta = 35,
    Cyan = 36,
}
