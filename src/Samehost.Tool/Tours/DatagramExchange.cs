using Samehost.Programs;
using Samehost.Tool.Commands;

namespace Samehost.Tool.Tours;

/// <summary>Sends lines to a datagram server, one a datagram, and receives the answers at the same time.</summary>
internal sealed class DatagramExchange(UnixDatagram socket, CancellationToken stop)
{
    private readonly byte[] _answer = new byte[DatagramText.BufferSize];

    public Tally Tally { get; } = new();

    public async Task SendAsync(LineBatch batch)
    {
        // A datagram may get lost in a server that is not ours: waiting for its answer has an end.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        List<ReadOnlyMemory<byte>> lines = Fitting(batch);
        try
        {
            Tally.Start();
            Task sending = SendAllAsync(lines, deadline.Token);
            foreach (ReadOnlyMemory<byte> line in lines)
            {
                UnixDatagramReceiveResult got = await socket.ReceiveAsync(_answer, deadline.Token);
                Tally.Add(line.Span, DatagramText.Of(_answer.AsSpan(0, got.Count)));
            }
            await sending;
            Tally.Pause();
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ToolException($"the datagram server stopped answering after {Tally.Answers:N0} answers");
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
        Tally.TooLong += batch.Count - lines.Count;
        return lines;
    }

    private async Task SendAllAsync(List<ReadOnlyMemory<byte>> lines, CancellationToken token)
    {
        await Task.Yield();
        foreach (ReadOnlyMemory<byte> line in lines)
            await socket.SendAsync(line, token);
    }
}
