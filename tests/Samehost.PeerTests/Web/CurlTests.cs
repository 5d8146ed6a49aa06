using Microsoft.AspNetCore.Server.Kestrel.Core;
using Samehost.PeerTests.Interop;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Web;

/// <summary>curl as the client.</summary>
public sealed class CurlTests : WebPeerTest
{
    private static readonly string Hi = $"Hi, {LibcSignal.EffectiveUser()}, by";

    [Fact(Timeout = 180_000)]
    public async Task Curl_gets_a_response_at_a_path()
    {
        var curl = ForeignProgram.Curl;
        await using var web = await LocalWeb.StartAsync(Socket);

        Assert.Equal([$"{Hi} HTTP/1.1"], await RunAsync(curl, "-sS", "--fail", "--unix-socket", Socket, "http://localhost/"));
    }

    [Fact(Timeout = 180_000)]
    public async Task Curl_gets_a_response_at_an_abstract_name()
    {
        var curl = ForeignProgram.Curl;
        var name = $"web-{Guid.NewGuid():N}";
        await using var web = await LocalWeb.StartAsync("@" + name);

        Assert.Equal([$"{Hi} HTTP/1.1"], await RunAsync(curl, "-sS", "--fail", "--abstract-unix-socket", name, "http://localhost/"));
    }

    [Fact(Timeout = 180_000)]
    public async Task Curl_uses_HTTP_2_with_prior_knowledge()
    {
        var curl = ForeignProgram.Curl;
        await using var web = await LocalWeb.StartAsync(Socket, HttpProtocols.Http2);

        Assert.Equal(
            [$"{Hi} HTTP/2"],
            await RunAsync(curl, "-sS", "--fail", "--http2-prior-knowledge", "--unix-socket", Socket, "http://localhost/"));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("--http1.1")]
    [InlineData("--http2-prior-knowledge")]
    public async Task A_large_file_is_returned_to_curl_unchanged(string protocol)
    {
        var curl = ForeignProgram.Curl;
        await using var web = await LocalWeb.StartAsync(Socket, protocol == "--http1.1" ? HttpProtocols.Http1 : HttpProtocols.Http2);
        var sent = new byte[5_000_000];
        Random.Shared.NextBytes(sent);
        await File.WriteAllBytesAsync(Path("sent"), sent, Stop);

        await RunAsync(
            curl, "-sS", "--fail", protocol, "--unix-socket", Socket, "--data-binary", "@" + Path("sent"), "-o", Path("received"),
            "http://localhost/echo");

        Assert.Equal(sent, await File.ReadAllBytesAsync(Path("received"), Stop));
    }
}
