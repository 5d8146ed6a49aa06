using Samehost.Programs;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Tour;

/// <summary>Sends lines to a stream server, a batch in one write, and reads the answers while that is still going on.</summary>
internal sealed class StreamExchange(UnixStream server, CancellationToken stop)
{
    // An answer may be as long as the longest line and a greeting.
    private readonly MessageReader _answers = new(server.ReadAsync, MessageReader.Limit + 64);

    public AnswerStatistics Statistics { get; } = new();

    public async Task SendAsync(LineBatch batch)
    {
        Statistics.Start();
        try
        {
            Task writing = server.WriteAsync(batch.Frames, stop).AsTask();
            for (int index = 0; index < batch.Count; index++)
            {
                ReadOnlyMemory<byte> answer = await _answers.NextAsync(stop) ?? throw Left();
                Statistics.Add(batch[index].Span, answer.Span);
            }
            await writing;
        }
        catch (IOException error) when (StreamText.IsGone(error))
        {
            throw Left();
        }
        Statistics.Pause();
    }

    private ToolException Left() => new($"the stream server left after {Statistics.Answers:N0} answers");
}

/// <summary>Sends lines to a datagram server, one a datagram, and receives the answers at the same time.</summary>
internal sealed class DatagramExchange(UnixDatagram socket, CancellationToken stop)
{
    private readonly byte[] _answer = new byte[DatagramText.BufferSize];

    public AnswerStatistics Statistics { get; } = new();

    public async Task SendAsync(LineBatch batch)
    {
        // A datagram may get lost in a server that is not ours: waiting for its answer has an end.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        List<ReadOnlyMemory<byte>> lines = Fitting(batch);
        try
        {
            Statistics.Start();
            Task sending = SendAllAsync(lines, deadline.Token);
            foreach (ReadOnlyMemory<byte> line in lines)
            {
                UnixDatagramReceiveResult got = await socket.ReceiveAsync(_answer, deadline.Token);
                Statistics.Add(line.Span, DatagramText.Of(_answer.AsSpan(0, got.Count)));
            }
            await sending;
            Statistics.Pause();
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ToolException($"the datagram server stopped answering after {Statistics.Answers:N0} answers");
        }
    }

    private List<ReadOnlyMemory<byte>> Fitting(LineBatch batch)
    {
        const int Longest = 128 * 1024; // default send buffers take a little more than 200 KiB, some of it for the kernel itself
        var lines = new List<ReadOnlyMemory<byte>>(batch.Count);
        for (int index = 0; index < batch.Count; index++)
        {
            if (batch[index].Length <= Longest)
                lines.Add(batch[index]);
        }
        Statistics.TooLong += batch.Count - lines.Count;
        return lines;
    }

    private async Task SendAllAsync(List<ReadOnlyMemory<byte>> lines, CancellationToken token)
    {
        await Task.Yield();
        foreach (ReadOnlyMemory<byte> line in lines)
            await socket.SendAsync(line, token);
    }
}
