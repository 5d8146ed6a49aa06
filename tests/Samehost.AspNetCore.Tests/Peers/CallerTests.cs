using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Peers;

/// <summary>The identity of the caller comes from the kernel only.</summary>
public sealed class CallerTests
{
    private const int Limit = 60_000;
    private const uint Nobody = 65534;

    private int _reached;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task The_caller_is_the_user_of_the_request()
    {
        await using var server = await StartAsync();
        using var client = server.NewClient();

        Assert.Equal($"{Environment.UserName} UnixPeer {Environment.ProcessId}", await client.GetStringAsync("/", Token));
        Assert.Equal("for us", await client.GetStringAsync("/self", Token));
    }

    [Fact(Timeout = Limit)]
    public async Task A_user_whom_the_policy_does_not_allow_is_refused_before_the_pipeline()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: an ordinary user cannot become another");
        await using var server = await StartAsync(OpenTo("self,root,uid:12345"));

        Assert.StartsWith("200  UnixPeer", await WebPeerProcess.AskAsAsync(
            WebPeerProcess.OtherUser, server.Directory, server.Path, "-", "/"), StringComparison.Ordinal);
        Assert.Equal(1, _reached);
        Assert.Equal("closed", await WebPeerProcess.AskAsAsync(Nobody, server.Directory, server.Path, "-", "/"));
        Assert.Equal(1, _reached);
    }

    [Fact(Timeout = Limit)]
    public async Task Forged_headers_and_a_name_that_looks_like_credentials_change_nothing()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "run the tests as root: an ordinary user cannot become another");
        await using var server = await StartAsync(OpenTo("anyone"));
        string[] forged =
        [
            "Authorization: UnixPeer root", "X-Forwarded-User: root", "X-Remote-User: root", "Remote-User: root", "X-Unix-Peer: uid=0",
            "Forwarded: for=root", "Cookie: UnixPeer=0",
        ];

        foreach (var name in new[] { "uid=0,gid=0,pid=1", "root (uid 0, gid 0, pid 1)", "UnixPeer:root" })
        {
            Assert.StartsWith("200  UnixPeer ", await WebPeerProcess.AskAsAsync(
                WebPeerProcess.OtherUser, server.Directory, [server.Path, name, "/", .. forged]), StringComparison.Ordinal);
            Assert.StartsWith("403", await WebPeerProcess.AskAsAsync(
                WebPeerProcess.OtherUser, server.Directory, [server.Path, name, "/self", .. forged]), StringComparison.Ordinal);
        }

        Assert.StartsWith("403", await WebPeerProcess.AskAsAsync(
            Nobody, server.Directory, [server.Path, "-", "/self", .. forged]), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Requests_over_TCP_are_not_authenticated()
    {
        await using var server = await StartAsync(tcp: true);
        var tcp = server.App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Single(a => a.Contains("127.0.0.1", StringComparison.Ordinal));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        client.DefaultRequestHeaders.Add("X-Forwarded-User", "root");

        Assert.Equal("  ", await client.GetStringAsync(tcp + "/", Token));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(tcp + "/self", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(tcp + "/policy", Token)).StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task Credentials_that_cannot_be_read_fail_the_authentication()
    {
        await using var server = await StartAsync(broken: true);
        using var client = server.NewClient();

        Assert.Equal("  ", await client.GetStringAsync("/", Token));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/self", Token)).StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task A_policy_that_does_not_allow_the_caller_returns_403()
    {
        await using var server = await StartAsync();
        using var client = server.NewClient();

        Assert.Equal("for us", await client.GetStringAsync("/policy", Token));
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/others", Token)).StatusCode);
    }

    [Fact]
    public void An_unknown_group_is_an_error_at_start() =>
        Assert.Throws<FormatException>(() => new AuthorizationPolicyBuilder().RequirePeer("group:no-such"));

    private static Action<UnixTransportOptions> OpenTo(string peers) => listen =>
    {
        listen.SocketFile.Mode = (UnixFileMode)0b110_110_110;
        listen.PeerPolicy = PeerPolicy.Parse(peers);
    };

    private Task<WebServer> StartAsync(Action<UnixTransportOptions>? listen = null, bool tcp = false, bool broken = false) =>
        WebServer.StartAsync(
            app =>
            {
                if (broken)
                    app.Use((http, next) => { http.Features.Set<IUnixPeerFeature>(new Unreadable()); return next(http); });
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapGet("/", (HttpContext http) =>
                {
                    Interlocked.Increment(ref _reached);
                    var user = http.User;
                    return $"{user.Identity!.Name} {user.Identity.AuthenticationType} "
                        + user.FindFirst(UnixPeerClaimTypes.AdvisoryProcessId)?.Value;
                });
                app.MapGet("/self", () => "for us").RequirePeer("self");
                app.MapGet("/policy", () => "for us").RequireAuthorization("ours");
                app.MapGet("/others", () => "for others").RequirePeer("uid:54321");
            },
            listen,
            kestrel => { if (tcp) kestrel.Listen(IPAddress.Loopback, 0); },
            services =>
            {
                services.AddAuthentication().AddUnixPeer();
                services.AddAuthorization(o => o.AddPolicy("ours", p => p.AddAuthenticationSchemes("UnixPeer").RequirePeer("self")));
            });

    private sealed class Unreadable : IUnixPeerFeature
    {
        public PeerCredentials Credentials => throw new UnixSocketException(Errno.ENOTCONN, "getsockopt");
    }
}
