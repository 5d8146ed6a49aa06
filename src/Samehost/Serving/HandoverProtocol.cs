using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Samehost.Serving;

/// <summary>
/// The records of a handover, in order; each is a word, some with more behind a NUL. The listening socket is shared from <see
/// cref="Listener"/> on, so there is no moment in which nobody holds it.
/// <code>
/// successor                      predecessor
/// take               →
///                    ←           listener PATH (with the descriptor; no path when it is not the predecessor's to give)
/// ready              →           (stops accepting)
///                    ←           connection STATE (with its descriptor), any number
///                    ←           yours
/// confirmed          →           (leaves the path to the successor)
///                    ←           left
///                                (drains and ends)
/// </code>
/// When the conversation breaks before "confirmed", the predecessor goes on serving. Whoever has confirmed knows by "left" that it was
/// heard.
/// </summary>
internal static class HandoverProtocol
{
    public const string Take = "take 1";
    public const string Listener = "listener";
    public const string Ready = "ready";
    public const string Connection = "connection";
    public const string Yours = "yours";
    public const string Confirmed = "confirmed";
    public const string Left = "left";

    /// <summary>How much state may go with a live connection.</summary>
    public const int MostState = 64 * 1024;

    /// <summary>Room for the longest record.</summary>
    public const int MostRecord = MostState + 64;

    /// <summary>How long a step may take in which the other side has nothing to do but to answer.</summary>
    public static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    public static ValueTask SendAsync(UnixSeqpacket control, string word, CancellationToken token) =>
        control.SendAsync(Encoding.ASCII.GetBytes(word), null, token);

    public static byte[] Record(string word, ReadOnlySpan<byte> rest) => [.. Encoding.ASCII.GetBytes(word), 0, .. rest];

    /// <summary>Splits a record at its first NUL.</summary>
    public static (string Word, ReadOnlyMemory<byte> Behind) Split(ReadOnlyMemory<byte> record)
    {
        int end = record.Span.IndexOf((byte)0);
        return end < 0
            ? (Encoding.ASCII.GetString(record.Span), default)
            : (Encoding.ASCII.GetString(record.Span[..end]), record[(end + 1)..]);
    }

    /// <summary>Receives a record that has to be <paramref name="word"/>.</summary>
    /// <exception cref="IOException">It is another one, or the peer has gone.</exception>
    public static async ValueTask ExpectAsync(UnixSeqpacket control, string word, CancellationToken token)
    {
        var buffer = new byte[64];
        using var record = await control.ReceiveAsync(buffer, null, token).ConfigureAwait(false);
        CheckCame(record, word);
        string said = Encoding.ASCII.GetString(buffer, 0, record.Count);
        if (said != word)
            throw Unexpected(said, word);
    }

    /// <summary>Makes sure that a record came, with all that it brought.</summary>
    /// <exception cref="IOException">The peer has gone.</exception>
    /// <exception cref="UnixSocketException">EMFILE: there was no descriptor for what it brought.</exception>
    public static void CheckCame(UnixMessage record, string word)
    {
        if (record.IsEnd)
            throw new IOException($"The other process left the handover before it said '{word}'.");
        if (record.DescriptorLoss == DescriptorLoss.NoRoom)
            throw new UnixSocketException(Errno.EMFILE, "receive");
    }

    /// <summary>Takes the one socket that a record has to bring.</summary>
    /// <exception cref="IOException">It brought none, several, or something else, or was too long.</exception>
    public static SafeFileHandle TakeSocket(UnixMessage record, string word) => record is { IsTruncated: false, Descriptors.Count: 1 }
        ? record.Descriptors.Take(0)
        : throw new IOException($"The record '{word}' of the handover is too long, or did not bring one socket and nothing else.");

    public static IOException Unexpected(string said, string word)
    {
        var shown = new string([.. said.Take(40).Select(static c => char.IsControl(c) ? '?' : c)]);
        return new IOException($"The other process said '{shown}' where the handover expects '{word}'; is it another version?");
    }
}
