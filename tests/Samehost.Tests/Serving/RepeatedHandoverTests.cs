using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Samehost.Tests.Serving;

public sealed class RepeatedHandoverTests : HandoverFixture
{
    private const int Rounds = 200;

    [Fact(Timeout = 180_000)]
    public async Task Two_hundred_handovers_between_processes_lose_no_request_of_many_clients()
    {
        await using PeerProcess a = StartPeer("handover-server"), b = StartPeer("handover-server"), c = StartPeer("handover-server");
        PeerProcess[] servers = [a, b, c];
        foreach (var server in servers)
            await server.ExpectAsync("ready");
        a.Send("listen");
        await a.ExpectAsync("serving");
        await using var storm = PeerProcess.Start("connect-storm", Directory["server.sock"]);
        await storm.ExpectAsync("ready");

        var longest = TimeSpan.Zero;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            PeerProcess old = servers[round % 3], next = servers[(round + 1) % 3];
            if (await next.AskAsync("accept") is var said && said != "serving")
                Assert.Fail($"Round {round}: '{said}'. {await next.LastWordsAsync()} Its predecessor: {await old.LastWordsAsync()}");
            await old.ExpectAsync("stopped");
            if (Stopwatch.GetElapsedTime(start) is var took && took > longest)
                longest = took;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"The longest handover took {longest.TotalMilliseconds:0} ms.");
        await ConnectStormResult.AllAsync(storm, Rounds);
    }

    [Fact(Timeout = 180_000)]
    public async Task Replacing_a_live_socket_loses_no_request_of_many_clients()
    {
        var server = Fresh();
        await using var storm = PeerProcess.Start("connect-storm", Directory["server.sock"]);
        await storm.ExpectAsync("ready");
        for (var round = 0; round < 50; round++)
        {
            var next = Fresh();
            Assert.True(await server.StopAsync());
            server = next;
        }

        await ConnectStormResult.AllAsync(storm, 50);
        await server.DisposeAsync();
        Assert.Empty(Directory.Names);
    }

    private UnixServer Fresh() => UnixServer.Start(
        Path,
        static async (stream, _) =>
        {
            var buffer = new byte[64];
            var count = await stream.ReadAsync(buffer, CancellationToken.None); // a line this short comes whole
            await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
        },
        new UnixServerOptions { Listener = new UnixListenerOptions { SocketFile = new SocketFileOptions { ReplaceLive = true } } });

    private static class ConnectStormResult
    {
        public static async Task AllAsync(PeerProcess storm, int atLeast)
        {
            var end = storm.FinishAsync();
            var answered = (await storm.ReadLineAsync())!.Split(' ');
            await storm.ExpectAsync("failed 0");
            Assert.Equal(0, await end);
            var count = int.Parse(answered[1], CultureInfo.InvariantCulture);
            TestContext.Current.TestOutputHelper?.WriteLine($"{count} connects");
            Assert.True(count >= atLeast, $"Only {count} connects: no storm.");
        }
    }
}
