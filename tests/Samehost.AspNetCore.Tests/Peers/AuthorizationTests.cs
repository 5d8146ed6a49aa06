using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Samehost.AspNetCore.Tests.Support;

namespace Samehost.AspNetCore.Tests.Peers;

/// <summary>All ways to request authorization lead to the same result.</summary>
public sealed class AuthorizationTests
{
    private const int Limit = 60_000;
    private const string Us = "self";
    private const string Others = "uid:54321";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData(Us, HttpStatusCode.OK, HttpStatusCode.NotFound)]
    [InlineData(Others, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)]
    public async Task A_fallback_policy_applies_to_endpoints_without_a_policy(string peers, HttpStatusCode there, HttpStatusCode nowhere)
    {
        await using var server = await StartAsync(
            app =>
            {
                app.MapGet("/there", () => "there");
                app.MapGet("/open", () => "open").AllowAnonymous();
            },
            o => o.FallbackPolicy = Policy(peers));
        using var client = server.NewClient();

        Assert.Equal(there, (await client.GetAsync("/there", Token)).StatusCode);
        Assert.Equal(nowhere, (await client.GetAsync("/nowhere", Token)).StatusCode);
        Assert.Equal("open", await client.GetStringAsync("/open", Token));
    }

    [Theory(Timeout = Limit)]
    [InlineData("ours", HttpStatusCode.OK)]
    [InlineData("theirs", HttpStatusCode.Forbidden)]
    public async Task A_filter_can_authorize_controllers(string policy, HttpStatusCode status)
    {
        await using var server = await StartAsync(
            app => app.MapControllers(), services: s => s.AddControllers(o => o.Filters.Add(new AuthorizeFilter(policy))));
        using var client = server.NewClient();

        Assert.Equal(status, (await client.GetAsync("/controller/open", Token)).StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task Attributes_can_authorize_controllers()
    {
        await using var server = await StartAsync(app => app.MapControllers(), services: s => s.AddControllers());
        using var client = server.NewClient();

        Assert.Equal("ours", await client.GetStringAsync("/controller/ours", Token));
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/controller/theirs", Token)).StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task The_policies_of_nested_groups_are_combined()
    {
        await using var server = await StartAsync(app =>
        {
            var group = app.MapGroup("/group").RequirePeer(PeerPolicy.AnyOf(PeerPolicy.Self, PeerPolicy.ForUserId(54321)));
            group.MapGet("/ours", () => "ours");
            group.MapGet("/theirs", () => "theirs").RequirePeer(PeerPolicy.ForUserId(54321));
        });
        using var client = server.NewClient();

        Assert.Equal("ours", await client.GetStringAsync("/group/ours", Token));
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/group/theirs", Token)).StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task An_application_can_use_the_authorization_service()
    {
        await using var server = await StartAsync(app => app.MapGet("/", async (HttpContext http, IAuthorizationService service) =>
            $"{(await service.AuthorizeAsync(http.User, http, "ours")).Succeeded} "
            + $"{(await service.AuthorizeAsync(http.User, http, "theirs")).Succeeded} "
            + $"{(await service.AuthorizeAsync(http.User, null, "ours")).Succeeded}"));
        using var client = server.NewClient();

        Assert.Equal("True False False", await client.GetStringAsync("/", Token));
    }

    [Fact(Timeout = Limit)]
    public async Task RequirePeer_uses_its_scheme_even_if_another_one_is_the_default()
    {
        await using var server = await StartAsync(
            app =>
            {
                app.MapGet("/", (HttpContext http) => $"{http.User.Identity!.Name}");
                app.MapGet("/ours", (HttpContext http) => $"{http.User.Identity!.Name}").RequirePeer(Us);
                app.MapGet("/theirs", (HttpContext http) => $"{http.User.Identity!.Name}").RequirePeer(Others);
            },
            services: s => s.AddAuthentication("Trusting").AddScheme<AuthenticationSchemeOptions, Trusting>("Trusting", null));
        using var client = server.NewClient();

        Assert.Equal("any user", await client.GetStringAsync("/", Token));
        Assert.Equal(Environment.UserName, await client.GetStringAsync("/ours", Token));
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/theirs", Token)).StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task A_scheme_with_another_name_reports_that_name()
    {
        await using var server = await StartAsync(
            app => app.MapGet("/", async (HttpContext http) =>
            {
                var first = await http.AuthenticateAsync(UnixPeerDefaults.AuthenticationScheme);
                var second = await http.AuthenticateAsync("Local");
                return $"{first.Principal!.Identity!.AuthenticationType} {second.Principal!.Identity!.AuthenticationType}";
            }),
            services: s => s.AddAuthentication().AddUnixPeer("Local"));
        using var client = server.NewClient();

        Assert.Equal("UnixPeer Local", await client.GetStringAsync("/", Token));
    }

    [Fact(Timeout = Limit)]
    public async Task Groups_are_roles_and_claims_added_by_one_request_do_not_affect_the_next()
    {
        await using var server = await StartAsync(app => app.MapGet("/", (HttpContext http) =>
        {
            var identity = (ClaimsIdentity)http.User.Identity!;
            var groups = string.Join(',', identity.FindAll(UnixPeerClaimTypes.Group).Select(c => c.Value));
            var isInAll = groups.Split(',').All(http.User.IsInRole);
            identity.AddClaim(new Claim(UnixPeerClaimTypes.Group, "added"));
            return $"{groups} {isInAll}";
        }));
        using var client = server.NewClient();

        var first = await client.GetStringAsync("/", Token);
        Assert.EndsWith(" True", first, StringComparison.Ordinal);
        Assert.Equal(first, await client.GetStringAsync("/", Token));
    }

    private static AuthorizationPolicy Policy(string peers) =>
        new AuthorizationPolicyBuilder(UnixPeerDefaults.AuthenticationScheme).RequirePeer(peers).Build();

    private static Task<WebServer> StartAsync(
        Action<WebApplication> map, Action<AuthorizationOptions>? authorization = null, Action<IServiceCollection>? services = null) =>
        WebServer.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                map(app);
            },
            services: s =>
            {
                s.AddAuthentication().AddUnixPeer();
                s.AddAuthorization(o =>
                {
                    o.AddPolicy("ours", Policy(Us));
                    o.AddPolicy("theirs", Policy(Others));
                    authorization?.Invoke(o);
                });
                services?.Invoke(s);
            });

    /// <summary>Another scheme, which authenticates every request.</summary>
    private sealed class Trusting(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var user = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "any user")], Scheme.Name));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(user, Scheme.Name)));
        }
    }
}
