using System.Diagnostics;
using Xunit;

namespace Samehost.Tests.SocketFiles;

public sealed class SocketFileRaceTests : SocketFileFixture
{
    private const int Processes = 20;
    private const int Rounds = 20;

    [Fact(Timeout = 180_000)]
    public async Task Of_20_processes_that_start_at_once_on_the_path_of_a_killed_server_exactly_one_wins_each_of_20_rounds()
    {
        await using (var killed = PeerProcess.Start("bind-and-hold", SocketPath))
        {
            await killed.ExpectAsync("ready");
            await killed.KillAsync();
        }
        PeerProcess[] peers = [.. Enumerable.Range(0, Processes).Select(_ => PeerProcess.Start("bind-race", SocketPath))];
        try
        {
            foreach (var peer in peers)
                await peer.ExpectAsync("ready");
            for (var round = 0; round < Rounds; round++)
            {
                Assert.Equal(["a.sock"], Temp.Names); // each round begins with a stale file
                await RunRound(peers);
            }
        }
        finally
        {
            foreach (var peer in peers)
                await peer.DisposeAsync();
        }
    }

    private static async Task RunRound(PeerProcess[] peers)
    {
        var start = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 50;
        foreach (var peer in peers)
            peer.Send($"race {start}");
        var answers = await Task.WhenAll(peers.Select(p => p.ReadLineAsync()));
        Assert.Equal(
            [.. Enumerable.Repeat("lost EADDRINUSE", Processes - 1), "won"],
            answers.Order(StringComparer.Ordinal));

        var winner = peers[Array.IndexOf(answers, "won")];
        winner.Send("abandon");
        await winner.ExpectAsync("abandoned");
    }
}
