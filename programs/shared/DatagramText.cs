namespace Samehost.Programs;

/// <summary>How a line travels in a datagram: alone, without a newline, and without a NUL to a peer that sends none.</summary>
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

    /// <summary>
    /// The answer to a datagram: with a NUL behind it for a peer that sends one, which may receive it into a buffer that still holds a
    /// longer answer, and as it is for all others.
    /// </summary>
    public static byte[] AnswerTo(ReadOnlySpan<byte> datagram, byte[] answer) => datagram.Contains((byte)0) ? [.. answer, 0] : answer;
}
