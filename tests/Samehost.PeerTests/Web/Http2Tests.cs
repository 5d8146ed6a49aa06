using Microsoft.AspNetCore.Server.Kestrel.Core;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Web;

/// <summary>The clients of nghttp2, the reference implementation of HTTP/2.</summary>
public sealed class Http2Tests : WebPeerTest
{
    [Fact(Timeout = 180_000)]
    public async Task Every_request_of_h2load_gets_a_response()
    {
        var load = ForeignProgram.H2Load;
        await using var web = await LocalWeb.StartAsync(Socket, HttpProtocols.Http2);

        var report = await RunAsync(
            load, "-n", "2000", "-c", "20", "-m", "10", "-t", "1", "--base-uri", $"unix:{Socket}", "http://localhost/");

        Assert.Contains("requests: 2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout", report);
        Assert.Contains("status codes: 2000 2xx, 0 3xx, 0 4xx, 0 5xx", report);
    }

    [Fact(Timeout = 180_000)]
    public async Task Nghttp_gets_a_response_through_a_relay_from_TCP()
    {
        var nghttp = ForeignProgram.NgHttp;
        var socat = ForeignProgram.Socat;
        await using var web = await LocalWeb.StartAsync(Socket, HttpProtocols.Http2);
        var port = FreePort.Next();
        await using var relay = RunningProgram.Start(
            socat, "-d", "-d", $"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr", $"UNIX-CONNECT:{Socket}");
        while (await relay.NextErrorAsync() is { } line && !line.Contains("listening on", StringComparison.Ordinal))
        {
        }

        var answer = await RunAsync(nghttp, $"http://127.0.0.1:{port}/");

        Assert.Equal("HTTP/2", Assert.Single(answer)[^6..]);
    }
}
