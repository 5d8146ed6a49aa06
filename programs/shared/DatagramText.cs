namespace Samehost.Programs;

/// <summary>How a line travels in a datagram: alone, without newline or NUL.</summary>
internal static class DatagramText
{
    /// <summary>Larger than any datagram that default kernel settings let through.</summary>
    public const int BufferSize = 256 * 1024;

    /// <summary>
    /// The text that a peer meant: up to the first NUL, since C programs send whole buffers, and without the newline that tools like
    /// nc leave at its end.
    /// </summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> datagram)
    {
        int end = datagram.IndexOf((byte)0);
        ReadOnlySpan<byte> text = end < 0 ? datagram : datagram[..end];
        return text.EndsWith("\n"u8) ? text[..^1] : text;
    }
}
