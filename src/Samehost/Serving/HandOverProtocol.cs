using System.Text;

namespace Samehost.Serving;

/// <summary>
/// The records of a hand-over, in order; each is a word, some with more behind a NUL. The listening socket is shared from <see cref="Listener"/>
/// on, so there is no moment in which nobody holds it.
/// <code>
/// successor                      predecessor
/// take               →
///                    ←           listener (with the descriptor)
/// ready              →           (stops accepting)
///                    ←           connection STATE (with its descriptor), any number
///                    ←           yours
/// confirmed          →           (leaves the path to the successor)
///                    ←           left
///                                (drains and ends)
/// </code>
/// When the conversation breaks before "confirmed", the predecessor goes on serving.
/// </summary>
internal static class HandOverProtocol
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

    public static ValueTask SendAsync(UnixSeqpacket control, string word, CancellationToken token) =>
        control.SendAsync(Encoding.ASCII.GetBytes(word), null, token);

    public static byte[] ConnectionRecord(ReadOnlySpan<byte> state) => [.. Encoding.ASCII.GetBytes(Connection), 0, .. state];

    /// <summary>Receives a record that has to be <paramref name="word"/>.</summary>
    /// <exception cref="IOException">It is another one, or the peer has gone.</exception>
    public static async ValueTask ExpectAsync(UnixSeqpacket control, string word, CancellationToken token)
    {
        var buffer = new byte[64];
        using var record = await control.ReceiveAsync(buffer, null, token).ConfigureAwait(false);
        if (record.IsEnd)
            throw new IOException($"The other process left the hand-over before it said '{word}'.");
        string said = Encoding.ASCII.GetString(buffer, 0, record.Count);
        if (said != word)
            throw new IOException($"The other process said '{said.ReplaceLineEndings(" ")}' where the hand-over expects '{word}'; is it another version?");
    }
}
