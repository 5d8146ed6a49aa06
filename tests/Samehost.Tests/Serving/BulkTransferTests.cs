using System.Diagnostics;
using System.Globalization;
using Samehost.Tests.Serving.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

public sealed class BulkTransferTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(false, "send-bytes", "receive-bytes")] // blocking, from the client to the server
    [InlineData(true, "receive-bytes", "send-bytes")] // asynchronous, from the server to the client
    public async Task A_gibibyte_arrives_complete_despite_a_thousand_signals_a_second(bool asynchronous, string client, string server)
    {
        string[] mode = asynchronous ? ["--async", "true"] : [];
        await using var listening = PeerProcess.Start([server, _directory["bulk.sock"], "--listen", "true", .. mode]);
        await listening.ExpectAsync("ready");
        var start = Stopwatch.GetTimestamp();
        await using var connecting = PeerProcess.Start([client, _directory["bulk.sock"], .. mode]);
        await connecting.ExpectAsync("ready");
        using var signals = Signals.SendTo(listening.Id, connecting.Id);
        string? first = await connecting.ReadLineAsync(), second = await listening.ReadLineAsync();
        signals.Dispose();

        Assert.Equal(64, first!.Length);
        Assert.Equal(first, second);
        foreach (var peer in (PeerProcess[])[connecting, listening])
        {
            var handled = int.Parse((await peer.ReadLineAsync())!, CultureInfo.InvariantCulture);
            Assert.InRange(handled, 100, signals.Count);
            TestContext.Current.TestOutputHelper!.WriteLine($"{handled} of {signals.Count} signals in {signals.Time.TotalSeconds:F1} s");
            Assert.Equal(0, await peer.FinishAsync());
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s in all");
    }
}
