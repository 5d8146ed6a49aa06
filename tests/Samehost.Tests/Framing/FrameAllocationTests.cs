using Samehost.Framing;
using Xunit;

namespace Samehost.Tests.Framing;

[Collection(Support.NonParallel.Name)]
public sealed class FrameAllocationTests : IDisposable
{
    private const int Rounds = 200;
#if DEBUG
    private const double MostWhileWaiting = 2_000; // the compiler makes an object of every asynchronous call there
#else
    private const double MostWhileWaiting = 5;
#endif
    private readonly FramePair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Frames_cost_no_allocation()
    {
        var writer = new FrameWriter(_pair.Peer);
        var reader = new FrameReader(_pair.Own);
        AssertFree(() =>
        {
            Span<byte> payload = stackalloc byte[64];
            for (var i = 0; i < 500; i++)
                writer.Write(payload);
            writer.Flush();
            for (var left = 500; left > 0;)
            {
                reader.WaitToRead();
                for (; reader.TryRead(out var frame); left--)
                    Assert.True(frame.Span.Length == 64);
            }
        });
    }

    // Waits end on other threads, so this counts the whole process, in which nothing else runs meanwhile.
    [Fact(Timeout = 180_000)]
    public async Task Waiting_for_frames_costs_no_allocation()
    {
        const int Messages = 20_000;
        var token = TestContext.Current.CancellationToken;
        var (writer, reader) = (new FrameWriter(_pair.Peer), new FrameReader(_pair.Own));
        var (backWriter, backReader) = (new FrameWriter(_pair.Own), new FrameReader(_pair.Peer));
        var echo = Task.Run(
            async () =>
            {
                while (await reader.ReadAsync(token) is { IsEnd: false } frame)
                {
                    await backWriter.WriteAsync(frame.Memory, token);
                    await backWriter.FlushAsync(token);
                }
            },
            token);
        var payload = new byte[64];
        long before = 0;
        for (var i = 0; i < 2 * Messages; i++)
        {
            if (i == Messages)
                before = GC.GetTotalAllocatedBytes(precise: true);
            await writer.WriteAsync(payload, token);
            await writer.FlushAsync(token);
            Assert.True((await backReader.ReadAsync(token)).Length == 64);
        }

        Assert.InRange((GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Messages, 0, MostWhileWaiting);
        _pair.Peer.ShutdownWrite();
        await echo;
    }

    [Fact]
    public void Long_frames_cost_no_allocation()
    {
        var writer = new FrameWriter(_pair.Peer);
        var reader = new FrameReader(_pair.Own);
        var large = new byte[100_000];
        AssertFree(() =>
        {
            writer.Write(large);
            Assert.True(reader.Read().Length == large.Length);
        });
    }

    [Fact]
    public void Lines_cost_no_allocation()
    {
        var writer = new LineWriter(_pair.Peer);
        var reader = new LineReader(_pair.Own);
        AssertFree(() =>
        {
            for (var i = 0; i < 500; i++)
                writer.Write("a line of text\r"u8);
            writer.Write("text");
            writer.Flush();
            for (var left = 501; left > 0;)
            {
                reader.WaitToRead();
                for (; reader.TryRead(out var line); left--)
                    Assert.True(line.Length is 14 or 4);
            }
        });
    }

    private static void AssertFree(Action round)
    {
        for (var i = 0; i < Rounds; i++)
            round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
            round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
