using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Samehost.Serving;

/// <summary>
/// The records of a handover, in order; each is a word, some with data after a NUL. Both processes have the listening socket from
/// <see cref="Listener"/> on, so it is never closed.
/// <code>
/// successor                      predecessor
/// request            →
///                    ←           listener PATH (with the descriptor; no path if the predecessor does not own it)
/// ready              →           (pauses accepting)
///                    ←           connection STATE (with its descriptor), any number
///                    ←           commit
/// confirmed          →           (releases the path to the successor)
///                    ←           released
///                                (drains and ends)
/// </code>
/// If the connection breaks before "confirmed", the predecessor continues to serve. A successor that has confirmed knows by "released" that
/// the predecessor has received it.
/// </summary>
internal static class HandoverProtocol
{
    public const string Request = "request 1";
    public const string Listener = "listener";
    public const string Ready = "ready";
    public const string Connection = "connection";
    public const string Commit = "commit";
    public const string Confirmed = "confirmed";
    public const string Released = "released";

    /// <summary>The maximum length of the state of a connection.</summary>
    public const int MaxState = 64 * 1024;

    /// <summary>The buffer size for the longest record.</summary>
    public const int MaxRecord = MaxState + 64;

    /// <summary>The maximum time of a step in which the other process only has to answer.</summary>
    public static readonly TimeSpan MaxAnswerTime = TimeSpan.FromSeconds(5);

    public static ValueTask SendAsync(UnixSeqpacket control, string word, CancellationToken cancellationToken) =>
        control.SendAsync(Encoding.ASCII.GetBytes(word), cancellationToken);

    public static byte[] Record(string word, ReadOnlySpan<byte> data) => [.. Encoding.ASCII.GetBytes(word), 0, .. data];

    /// <summary>Splits a record at its first NUL.</summary>
    public static (string Word, ReadOnlyMemory<byte> Data) Split(ReadOnlyMemory<byte> record)
    {
        var end = record.Span.IndexOf((byte)0);
        return end < 0
            ? (Encoding.ASCII.GetString(record.Span), default)
            : (Encoding.ASCII.GetString(record.Span[..end]), record[(end + 1)..]);
    }

    /// <summary>Receives a record that has to be <paramref name="word"/>.</summary>
    /// <exception cref="IOException">It is another one, or the peer has disconnected.</exception>
    public static async ValueTask ExpectAsync(UnixSeqpacket control, string word, CancellationToken cancellationToken)
    {
        var buffer = new byte[64];
        using var record = await control.ReceiveAsync(buffer, null, cancellationToken).ConfigureAwait(false);
        CheckReceived(record, word);
        var received = Encoding.ASCII.GetString(buffer, 0, record.Count);
        if (received != word)
            throw Unexpected(received, word);
    }

    /// <summary>Throws if no record was received, or if its descriptors were closed.</summary>
    /// <exception cref="IOException">The peer has disconnected.</exception>
    /// <exception cref="UnixSocketException">EMFILE: there was no free descriptor number for its descriptor.</exception>
    public static void CheckReceived(UnixMessage record, string word)
    {
        if (record.IsEnd)
            throw new IOException($"The other process disconnected before it sent '{word}'.");
        if (record.DescriptorLoss == DescriptorLoss.OutOfDescriptors)
            throw new UnixSocketException(Errno.EMFILE, "receive");
    }

    /// <summary>Takes the socket of a record that must have exactly one.</summary>
    /// <exception cref="IOException">It has none, several, or something else, or is too long.</exception>
    public static SafeFileHandle TakeSocket(UnixMessage record, string word) => record is { IsTruncated: false, Descriptors.Count: 1 }
        ? record.Descriptors.Take(0)
        : throw new IOException($"The record '{word}' of the handover is too long, or does not have exactly one socket.");

    public static IOException Unexpected(string received, string word)
    {
        var shown = new string([.. received.Take(40).Select(static c => char.IsControl(c) ? '?' : c)]);
        return new IOException($"The other process sent '{shown}' where the handover expects '{word}'; is it another version?");
    }
}
