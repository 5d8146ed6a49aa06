namespace Samehost.Programs;

/// <summary>The format of a line on a stream.</summary>
internal static class StreamText
{
    /// <summary>
    /// Returns label, text, a newline and a NUL for one write. The NUL is for C programs that read once and print up to the first NUL,
    /// while their buffer still holds an earlier, longer line. A <see cref="MessageReader"/> that accepts blocks reads it as one message of
    /// any length, provided that the sender waits for each answer.
    /// </summary>
    public static byte[] Frame(ReadOnlySpan<byte> label, ReadOnlySpan<byte> text) => [.. label, .. text, (byte)'\n', 0];

    /// <summary>Whether the error means that the peer has disconnected.</summary>
    public static bool IsClosed(IOException error) =>
        error.InnerException is UnixSocketException { Errno: Errno.EPIPE or Errno.ECONNRESET };
}

/// <summary>The format of a line in a datagram: one line without a newline, and with a NUL only to a peer that sends one.</summary>
internal static class DatagramText
{
    /// <summary>The size of a buffer for the longest datagram that the kernel's default settings allow.</summary>
    public const int BufferSize = 256 * 1024;

    /// <summary>
    /// Returns the text of a datagram: up to the first NUL, because C programs send whole buffers, and without the newline that tools
    /// like nc send.
    /// </summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> datagram)
    {
        var end = datagram.IndexOf((byte)0);
        var text = end < 0 ? datagram : datagram[..end];
        return text.EndsWith("\n"u8) ? text[..^1] : text;
    }

    /// <summary>
    /// Returns the answer to a datagram: followed by a NUL for a peer that sends one, because its buffer may still hold a longer answer;
    /// unchanged for others.
    /// </summary>
    public static byte[] CreateAnswer(ReadOnlySpan<byte> datagram, byte[] answer) => datagram.Contains((byte)0) ? [.. answer, 0] : answer;
}
