namespace Samehost.Programs;

/// <summary>The format of a line on a stream.</summary>
internal static class StreamText
{
    /// <summary>
    /// Formats a label, text, a newline and a NUL for one write: a C peer that reads once and prints up to the first NUL finds an end even
    /// when its buffer still holds an earlier, longer line. A <see cref="MessageReader"/> that accepts blocks reads it as one message at
    /// any length, as long as the sender waits for an answer before it sends the next one.
    /// </summary>
    public static byte[] Frame(ReadOnlySpan<byte> label, ReadOnlySpan<byte> text) => [.. label, .. text, (byte)'\n', 0];

    /// <summary>Whether the error means that the peer has closed the connection.</summary>
    public static bool IsClosed(IOException error) =>
        error.InnerException is UnixSocketException { Errno: Errno.EPIPE or Errno.ECONNRESET };
}
