namespace Samehost.Programs;

/// <summary>The format of a line in a datagram: without a newline, and without a NUL to a peer that sends none.</summary>
internal static class DatagramText
{
    /// <summary>Larger than any datagram with the kernel's default settings.</summary>
    public const int BufferSize = 256 * 1024;

    /// <summary>
    /// Gets the text of a datagram: up to the first NUL, because C programs send whole buffers, and without the newline that tools such as
    /// nc leave at its end.
    /// </summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> datagram)
    {
        int end = datagram.IndexOf((byte)0);
        ReadOnlySpan<byte> text = end < 0 ? datagram : datagram[..end];
        return text.EndsWith("\n"u8) ? text[..^1] : text;
    }

    /// <summary>
    /// Formats the answer to a datagram: with a NUL for a peer that sends one, whose buffer may still hold a longer answer, and unchanged
    /// for all others.
    /// </summary>
    public static byte[] AnswerTo(ReadOnlySpan<byte> datagram, byte[] answer) => datagram.Contains((byte)0) ? [.. answer, 0] : answer;
}
