namespace Samehost.Tool.Relays;

/// <summary>How bytes are shown.</summary>
internal enum DumpStyle
{
    Text,
    Hex,
}
