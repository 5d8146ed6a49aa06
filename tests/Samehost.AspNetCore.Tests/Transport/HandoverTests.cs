using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Samehost.AspNetCore.Tests.Support;
using Samehost.Hosting;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>The handover of endpoints from a running process to its successor.</summary>
public sealed class HandoverTests : IDisposable
{
    private const int Limit = 60_000;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("samehost-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact(Timeout = Limit)]
    public async Task All_endpoints_are_handed_over_before_the_predecessor_stops()
    {
        await using var old = await StartAsync("old.");
        var running = old.App.WaitForShutdownAsync(Token); // as programs do
        using var end = new CancellationTokenSource();
        Task<string[]>[] asking = [Task.Run(() => AskAsync("one", end.Token), Token), Task.Run(() => AskAsync("two", end.Token), Token)];

        await using var next = await StartAsync("new.");
        await running;
        await end.CancelAsync();
        foreach (var answers in await Task.WhenAll(asking))
            Assert.DoesNotContain(answers, a => a is not ("old." or "new."));
        Assert.Equal("new.", await AskOnceAsync("one"));
        Assert.Equal("new.", await AskOnceAsync("two"));
    }

    [Fact(Timeout = Limit)]
    public async Task The_predecessor_answers_the_last_accepted_client_and_does_not_wait_for_silent_ones()
    {
        await using var old = await StartAsync("old.");
        var running = old.App.WaitForShutdownAsync(Token);
        using var silent = new RawClient(await UnixStream.ConnectAsync(UnixEndPoint.FromPath(PathOf("one")), null, Token));
        using var last = new RawClient(await UnixStream.ConnectAsync(UnixEndPoint.FromPath(PathOf("one")), null, Token));
        Assert.Equal("old.", await AskOnceAsync("one")); // so both connections are accepted

        await using var next = await StartAsync("new."); // which makes the predecessor stop
        await last.SendAsync(RawClient.Get);
        Assert.EndsWith("old.\r\n0\r\n\r\n", await last.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
        await running;
        Assert.Equal("", await silent.ReadToEndAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_predecessor_that_does_not_answer_causes_a_TimeoutException()
    {
        var control = UnixEndPoint.FromPath(PathOf("stuck.next"));
        await using var stuck = UnixSeqpacketListener.Listen(control);

        var error = await Assert.ThrowsAsync<TimeoutException>(
            () => HandoverRetry.TryRequestAsync(control, new UnixListenerOptions(), Token, TimeSpan.FromMilliseconds(100)));
        Assert.Contains($"{control} has not answered within 0.1 s. Look", error.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_predecessor_that_stops_during_the_handover_is_replaced_by_binding(bool answers)
    {
        var leaving = UnixSeqpacketListener.Listen(UnixEndPoint.FromPath(PathOf("one.next")));
        var left = Task.Run(
            async () =>
            {
                using (leaving)
                using (var candidate = await leaving.AcceptAsync(Token))
                {
                    if (answers)
                    {
                        using (await candidate.ReceiveAsync(new byte[64], null, Token))
                            return;
                    }
                }
            },
            Token);
        await using var next = await StartAsync("new.");
        await left;
        Assert.Equal("new.", await AskOnceAsync("one"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_predecessor_that_breaks_off_every_handover_causes_an_IOException()
    {
        var control = UnixEndPoint.FromPath(PathOf("one.next"));
        using var unwilling = UnixSeqpacketListener.Listen(control);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var refusing = Task.Run(
            async () =>
            {
                while (true)
                    (await unwilling.AcceptAsync(end.Token)).Dispose();
            },
            Token);
        var error = await Assert.ThrowsAsync<IOException>(() => StartAsync("new."));
        Assert.StartsWith($"The process that offers a handover at {control} breaks it off", error.Message, StringComparison.Ordinal);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refusing);
    }

    [Fact(Timeout = 4 * Limit)]
    public async Task The_successor_serves_whenever_the_predecessor_stops()
    {
        var old = await StartAsync("old.");
        for (var round = 0; round < 30; round++)
        {
            var stopping = Task.Run(
                async () =>
                {
                    await Task.Delay(TimeSpan.FromMicroseconds(500 * (round % 10)), Token);
                    await old.App.StopAsync(Token);
                },
                Token);
            var next = await StartAsync("new.");
            await stopping;
            await old.DisposeAsync();
            Assert.Equal("new.", await AskOnceAsync("one"));
            Assert.Equal("new.", await AskOnceAsync("two"));
            old = next;
        }

        await old.DisposeAsync();
    }

    private async Task<string[]> AskAsync(string name, CancellationToken end)
    {
        var answers = new HashSet<string>();
        while (!end.IsCancellationRequested)
            answers.Add(await AskOnceAsync(name));
        return [.. answers];
    }

    private async Task<string> AskOnceAsync(string name)
    {
        try
        {
            using var client = new RawClient(await UnixStream.ConnectAsync(UnixEndPoint.FromPath(PathOf(name)), null, Token));
            await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            var answer = await client.ReadToEndAsync();
            return new[] { "old.", "new." }.FirstOrDefault(word => answer.Contains(word, StringComparison.Ordinal)) ?? answer;
        }
        catch (UnixSocketException e)
        {
            return e.Message;
        }
    }

    private Task<WebServer> StartAsync(string answer) => WebServer.StartAsync(
        app => app.Run(http => http.Response.WriteAsync(answer)),
        listen => listen.HandoverEndPoint = UnixEndPoint.FromPath(PathOf("one.next")),
        kestrel => kestrel.ListenUnix(PathOf("two"), listen => listen.HandoverEndPoint = UnixEndPoint.FromPath(PathOf("two.next"))),
        address: PathOf("one"));

    private string PathOf(string name) => Path.Join(_directory.FullName, name);
}
