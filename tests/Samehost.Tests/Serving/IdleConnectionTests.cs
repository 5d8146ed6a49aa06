using System.Globalization;
using Samehost.Interop;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Serving;

public sealed class IdleConnectionTests : IDisposable
{
    private const int Idle = 10_000;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Ten_thousand_idle_connections_cost_no_processor_time()
    {
        // The runtime raises the soft limit to the hard one when it starts, also this process's.
        if (LibcLimits.Descriptors() < Idle + 200)
            Assert.Skip($"raise the hard limit of open files (ulimit -Hn) to {Idle + 200} or more");
        var path = _directory["server.sock"];
        await using var server = PeerProcess.Start("serve", path, "--max", "20000", "--per-user", "20000");
        await server.ExpectAsync("ready");
        using var active = EchoClient.Connect(UnixEndPoint.FromPath(path));
        await active.ExpectAnswerAsync();
        var before = await AskAsync(server, "memory");

        await using var clients = PeerProcess.Start("hold-connections", path, "--count", $"{Idle}");
        await clients.ExpectAsync("ready");
        while (await AskAsync(server, "count") != Idle + 1)
        {
        }
        var each = (await AskAsync(server, "memory") - before) / Idle;

        // The runtime's own work after the rush, such as compiling what was run often, has to be over first.
        double share = 1;
        for (var i = 0; i < 3 && share > 0.01; i++)
            share = await ProcessorTime.ShareAsync(server.Id, TimeSpan.FromSeconds(2));
        Assert.True(share <= 0.01, $"The idle server uses {share:P1} of a processor.");
        await active.ExpectAnswerAsync();
        Assert.Equal(Idle + 1, await AskAsync(server, "count"));
        TestContext.Current.TestOutputHelper!.WriteLine($"{each} managed bytes a connection; {share:P1} of a processor");
        Assert.InRange(each, 1, 4096);
    }

    private static async Task<long> AskAsync(PeerProcess server, string what)
    {
        server.Send(what);
        var answer = (await server.ReadLineAsync())!.Split(' ');
        Assert.Equal(what, answer[0]);
        return long.Parse(answer[1], CultureInfo.InvariantCulture);
    }
}
