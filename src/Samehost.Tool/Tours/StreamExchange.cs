using Samehost.Programs;
using Samehost.Tool.Commands;

namespace Samehost.Tool.Tours;

/// <summary>Sends lines to a stream server, a batch in one write, and reads the answers while that is still going on.</summary>
internal sealed class StreamExchange(UnixStream server, CancellationToken stop)
{
    // An answer may be as long as the longest line and a greeting.
    private readonly MessageReader _answers = new(server.ReadAsync, MessageReader.Limit + 64);

    public Tally Tally { get; } = new();

    public async Task SendAsync(LineBatch batch)
    {
        Tally.Start();
        try
        {
            Task writing = server.WriteAsync(batch.Frames, stop).AsTask();
            for (int index = 0; index < batch.Count; index++)
            {
                ReadOnlyMemory<byte> answer = await _answers.NextAsync(stop) ?? throw Left();
                Tally.Add(batch[index].Span, answer.Span);
            }
            await writing;
        }
        catch (IOException error) when (StreamText.IsGone(error))
        {
            throw Left();
        }
        Tally.Pause();
    }

    private ToolException Left() => new($"the stream server left after {Tally.Answers:N0} answers");
}
