namespace Samehost.Programs;

/// <summary>How a line travels on a stream.</summary>
internal static class StreamText
{
    /// <summary>
    /// Label, text, a newline and a NUL, for one write: a C peer that reads once and prints up to the first NUL finds an end even when
    /// its buffer still holds an earlier, longer line. To a <see cref="MessageReader"/> that accepts blocks it is one message at any
    /// length, as long as an answer is waited for before the next is sent.
    /// </summary>
    public static byte[] Frame(ReadOnlySpan<byte> label, ReadOnlySpan<byte> text) => [.. label, .. text, (byte)'\n', 0];

    /// <summary>True when the error says that the other side is no longer there.</summary>
    public static bool IsGone(IOException error) => error.InnerException is UnixSocketException { Errno: Errno.EPIPE or Errno.ECONNRESET };
}
