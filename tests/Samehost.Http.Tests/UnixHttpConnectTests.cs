using Microsoft.AspNetCore.Builder;
using Samehost.Http.Tests.Support;

namespace Samehost.Http.Tests;

/// <summary>Connecting to the server, waiting for it, and verifying its user.</summary>
public sealed class UnixHttpConnectTests : ClientTest
{
    private static readonly PeerPolicy OtherUser = PeerPolicy.Parse("uid:4242");

    [Fact(Timeout = 180_000)]
    public async Task A_missing_server_causes_an_exception_with_the_reason()
    {
        using var client = Client();

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/", Token));

        Assert.Equal(HttpRequestError.ConnectionError, error.HttpRequestError);
        var cause = Assert.IsType<UnixSocketException>(error.InnerException);
        Assert.Equal(Errno.ENOENT, cause.Errno);
        Assert.Equal(EndPoint, cause.EndPoint);
        Assert.NotNull(cause.Hint);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_request_waits_for_a_server_that_starts_later()
    {
        using var client = Client(new UnixConnectOptions { ServerTimeout = Timeout.InfiniteTimeSpan });

        var early = client.GetStringAsync("/", Token);
        await using var server = await KestrelTestServer.StartAsync(SocketPath, app => app.MapGet("/", () => "here I am"));

        Assert.Equal("here I am", await early);
    }

    [Fact(Timeout = 180_000)]
    public async Task Canceling_the_request_ends_the_wait()
    {
        using var client = Client(new UnixConnectOptions { ServerTimeout = Timeout.InfiniteTimeSpan });
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var request = client.GetStringAsync("/", cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_of_another_user_gets_no_request()
    {
        var requests = 0;
        await using var server = await KestrelTestServer.StartAsync(SocketPath, app => app.MapGet("/", () => $"{++requests}"));
        using var strict = Client(new UnixConnectOptions { RequireServer = OtherUser });
        using var client = Client(new UnixConnectOptions { RequireServer = PeerPolicy.SelfAndRoot });

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => strict.GetAsync("/", Token));

        Assert.Equal(Errno.EACCES, Assert.IsType<UnixSocketException>(error.InnerException).Errno);
        Assert.Equal("1", await client.GetStringAsync("/", Token));
    }

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_options_are_copied_when_the_handler_is_created(bool fromText)
    {
        await using var server = await KestrelTestServer.StartAsync(SocketPath, app => app.MapGet("/", () => "hi"));
        var options = new UnixConnectOptions { RequireServer = PeerPolicy.SelfAndRoot };
        using var client = Client(
            fromText ? UnixHttp.CreateHandler(SocketPath, options) : UnixHttp.CreateHandler(EndPoint, options));

        options.RequireServer = OtherUser;

        Assert.Equal("hi", await client.GetStringAsync("/", Token));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_with_an_abstract_name_is_reached()
    {
        var name = $"http-{Guid.NewGuid():N}";
        await using var server = UnixServer.Start(UnixEndPoint.FromAbstractName(name), AnswerAsync, new UnixServerOptions
        {
            Listener = new UnixListenerOptions { PeerPolicy = PeerPolicy.SelfAndRoot },
        });
        using var client = Client(UnixHttp.CreateHandler($"unix-abstract:{name}"));

        Assert.Equal("hi", await client.GetStringAsync("/", Token));
    }

    [Fact]
    public void The_handler_uses_no_proxy()
    {
        using var handler = UnixHttp.CreateHandler(EndPoint);
        Assert.False(handler.UseProxy);
    }

    [Fact]
    public void An_address_without_a_name_is_refused() =>
        Assert.Throws<ArgumentException>(() => UnixHttp.CreateHandler(UnixEndPoint.Unnamed));

    private static async Task AnswerAsync(UnixStream client, CancellationToken stopping)
    {
        using var lines = new StreamReader(client);
        while (await lines.ReadLineAsync(stopping) is not (null or ""))
        {
        }

        await client.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"u8.ToArray(), stopping);
    }
}
