using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Samehost.AspNetCore.Peers;

/// <summary>Authenticates by what the kernel says of the connection, and by nothing that the request says.</summary>
internal sealed class UnixPeerAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    // Names are looked up in the account database: once for a connection, not for each request.
    private static readonly ConditionalWeakTable<PeerCredentials, ClaimsPrincipal> Principals = [];

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (Context.Features.Get<IUnixPeerFeature>() is not { } feature)
            return AuthenticateResult.NoResult(); // TCP: nobody knows
        if (UnixPeer.TryGet(feature, out var failure) is not { } peer)
            return AuthenticateResult.Fail(failure ?? "The caller's credentials cannot be read.");
        if (peer.IsStranger)
            return AuthenticateResult.Fail("The caller is outside our namespaces, where its numbers mean something else.");
        var principal = Principals.GetValue(peer, p => UnixPeerPrincipal.Of(p, Scheme.Name)).Clone();
        return AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme.Name));
    }
}
