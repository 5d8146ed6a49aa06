using System.Diagnostics;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>Handlers may block their threads.</summary>
public sealed class BlockedHandlerTests : IDisposable
{
    private const int Blocked = 200;

    private readonly TestDirectory _directory = new();
    private int _sleeping;
    private volatile bool _over;

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["server.sock"]);

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_hundred_handlers_in_Thread_Sleep_do_not_delay_other_clients(bool afterARead)
    {
        await using var server = UnixServer.Start(Path, (stream, stopping) => ServeAsync(stream, afterARead, stopping));
        var clients = new List<EchoClient>();
        try
        {
            for (var i = 0; i < Blocked; i++)
            {
                var client = EchoClient.Connect(Path);
                clients.Add(client);
                if (afterARead)
                    await client.SendAsync("s");
            }
            await Eventually.IsTrueAsync(() => Volatile.Read(ref _sleeping) == Blocked);

            var start = Stopwatch.GetTimestamp();
            using var late = EchoClient.Connect(Path);
            await late.ExpectAnswerAsync("awake");
            var time = Stopwatch.GetElapsedTime(start);
            Assert.Equal(Blocked, Volatile.Read(ref _sleeping));
            Assert.True(time < TimeSpan.FromSeconds(1), $"The answer took {time}.");
            TestContext.Current.TestOutputHelper!.WriteLine($"answered after {time.TotalMilliseconds:F1} ms");
        }
        finally
        {
            _over = true;
            clients.ForEach(client => client.Dispose());
        }
    }

    private async Task ServeAsync(UnixStream stream, bool afterARead, CancellationToken stopping)
    {
        if (!afterARead && Volatile.Read(ref _sleeping) < Blocked)
        {
            Block();
            return;
        }
        var buffer = new byte[64];
        while (await stream.ReadAsync(buffer, stopping) is > 0 and var count)
        {
            if (buffer[0] == 's')
                Block();
            await stream.WriteAsync(buffer.AsMemory(0, count), stopping);
        }
    }

    private void Block()
    {
        Interlocked.Increment(ref _sleeping);
        while (!_over)
            Thread.Sleep(100); // not a wait of the test's: a handler that sleeps is what it is about
        Interlocked.Decrement(ref _sleeping);
    }
}
