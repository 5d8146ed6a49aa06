using Samehost.Programs;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Tour;

/// <summary>Sends lines to a stream server, a batch in one write, and reads the answers at the same time.</summary>
internal sealed class StreamExchange(UnixStream server, CancellationToken cancellationToken)
{
    // An answer is as long as the line and the greeting.
    private readonly MessageReader _answers = new(server.ReadAsync, MessageReader.Limit + 64);

    public AnswerStatistics Statistics { get; } = new();

    public async Task SendAsync(LineBatch batch)
    {
        Statistics.Start();
        try
        {
            var writing = server.WriteAsync(batch.Frames, cancellationToken).AsTask();
            for (var index = 0; index < batch.Count; index++)
            {
                var answer = await _answers.NextAsync(cancellationToken) ?? throw ServerClosed();
                Statistics.Add(batch[index].Span, answer.Span);
            }
            await writing;
        }
        catch (IOException error) when (StreamText.IsClosed(error))
        {
            throw ServerClosed();
        }
        Statistics.Pause();
    }

    private ToolException ServerClosed() => new($"the stream server left after {Statistics.Answers:N0} answers");
}

/// <summary>Sends lines to a datagram server, one a datagram, and receives the answers at the same time.</summary>
internal sealed class DatagramExchange(UnixDatagram socket, CancellationToken cancellationToken)
{
    private readonly byte[] _answer = new byte[DatagramText.BufferSize];

    public AnswerStatistics Statistics { get; } = new();

    public async Task SendAsync(LineBatch batch)
    {
        // The server is a foreign process and may lose a datagram: waiting for its answer has a timeout.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        var lines = SelectFitting(batch);
        try
        {
            Statistics.Start();
            var sending = SendAllAsync(lines, deadline.Token);
            foreach (var line in lines)
            {
                var got = await socket.ReceiveAsync(_answer, deadline.Token);
                Statistics.Add(line.Span, DatagramText.Of(_answer.AsSpan(0, got.Count)));
            }
            await sending;
            Statistics.Pause();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ToolException($"the datagram server stopped answering after {Statistics.Answers:N0} answers");
        }
    }

    private List<ReadOnlyMemory<byte>> SelectFitting(LineBatch batch)
    {
        const int MaxLength = 128 * 1024; // default send buffers take a little more than 200 KiB, including kernel overhead
        var lines = new List<ReadOnlyMemory<byte>>(batch.Count);
        for (var index = 0; index < batch.Count; index++)
        {
            if (batch[index].Length <= MaxLength)
                lines.Add(batch[index]);
        }
        Statistics.TooLong += batch.Count - lines.Count;
        return lines;
    }

    private async Task SendAllAsync(List<ReadOnlyMemory<byte>> lines, CancellationToken token)
    {
        await Task.Yield();
        foreach (var line in lines)
            await socket.SendAsync(line, token);
    }
}
