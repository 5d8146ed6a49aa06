using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Samehost.AspNetCore.Tests.Support;
using Samehost.AspNetCore.Transport;

namespace Samehost.AspNetCore.Tests.Transport;

/// <summary>A client that has shut down its sending direction still receives; it has disconnected only when it closes its socket.</summary>
public sealed class HalfCloseTests
{
    private const int Limit = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_half_close_does_not_cancel_ConnectionClosed()
    {
        await using var pair = new PipePair();
        pair.Client.ShutdownWrite();
        Assert.True((await pair.Input.ReadAsync(Token)).IsCompleted);

        Assert.False(pair.Connection.ConnectionClosed.IsCancellationRequested);
        Assert.False((await pair.Output.WriteAsync("answer"u8.ToArray(), Token)).IsCompleted);
        var answer = new byte[6];
        await pair.Client.ReadExactlyAsync(answer, Token);
        var closed = new TaskCompletionSource();
        await using var registration = pair.Connection.ConnectionClosed.Register(closed.SetResult);
        await pair.Client.DisposeAsync();
        await closed.Task;
    }

    [Theory(Timeout = Limit)]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    [InlineData(RawClient.Get)]
    public async Task A_request_followed_by_a_half_close_is_answered(string request)
    {
        await using var server = await WebServer.StartAsync(app => app.Run(http => http.Response.WriteAsync("the answer")));
        for (var i = 0; i < 50; i++)
        {
            using var client = server.Connect();
            await client.SendAsync(request);
            client.Stream.ShutdownWrite();

            Assert.Contains("the answer", await client.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_half_close_does_not_abort_a_running_handler()
    {
        var arrived = new TaskCompletionSource();
        var resume = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        HttpContext? request = null;
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            request = http;
            await http.Response.WriteAsync("first ");
            await http.Response.Body.FlushAsync();
            arrived.SetResult();
            await resume.Task;
            await http.Response.WriteAsync($"second {http.RequestAborted.IsCancellationRequested}");
        }));
        using var client = server.Connect();
        await client.SendAsync(RawClient.Get);
        client.Stream.ShutdownWrite();
        await arrived.Task;
        Assert.Contains("first ", await client.ReadUntilAsync("first "), StringComparison.Ordinal);
        var connection = (UnixConnection)request!.Features.Get<IUnixPeerFeature>()!;
        await Eventually.IsTrueAsync(() => connection.IsHalfClosed, "the server has seen the half-close");
        resume.SetResult();

        var rest = await client.ReadToEndAsync(); // the connection ends although it would have been kept alive
        Assert.Contains("second False", rest, StringComparison.Ordinal);
        Assert.EndsWith("0\r\n\r\n", rest, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Pipelined_requests_before_a_half_close_are_all_answered()
    {
        var requests = 0;
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            await Task.Yield();
            await http.Response.WriteAsync($"answer {Interlocked.Increment(ref requests)} ");
        }));
        using var client = server.Connect();
        await client.SendAsync(RawClient.Get + RawClient.Get + RawClient.Get);
        client.Stream.ShutdownWrite();

        var answers = await client.ReadToEndAsync();
        Assert.All([1, 2, 3], i => Assert.Contains($"answer {i} ", answers, StringComparison.Ordinal));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_closes_after_its_half_close_aborts_the_request(bool keepsThread)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource();
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            arrived.SetResult();
            if (keepsThread)
                http.RequestAborted.WaitHandle.WaitOne();
            else
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            aborted.SetResult();
        }));
        using (var client = server.Connect())
        {
            await client.SendAsync(RawClient.Get);
            client.Stream.ShutdownWrite();
            await arrived.Task;
        }

        await aborted.Task;
    }

    [Fact(Timeout = Limit)]
    public async Task A_body_that_the_half_close_truncates_is_refused()
    {
        var failure = new TaskCompletionSource<Exception>();
        await using var server = await WebServer.StartAsync(app => app.Run(async http =>
        {
            try
            {
                await http.Request.Body.CopyToAsync(Stream.Null);
            }
            catch (IOException e)
            {
                failure.SetResult(e);
                throw;
            }
        }));
        using var client = server.Connect();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nshort");
        client.Stream.ShutdownWrite();

        var refused = Assert.IsAssignableFrom<Microsoft.AspNetCore.Http.BadHttpRequestException>(await failure.Task);
        Assert.Equal(StatusCodes.Status400BadRequest, refused.StatusCode);
        Assert.Equal("", await client.ReadToEndAsync()); // Kestrel closes it, as it does over TCP
    }
}
