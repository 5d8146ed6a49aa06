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
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (Context.Features.Get<IUnixPeerFeature>() is not { } feature)
            return AuthenticateResult.NoResult(); // TCP: nobody knows
        if (UnixPeer.TryGet(feature, out var failure) is not { } peer)
            return AuthenticateResult.Fail(failure ?? "The caller's credentials cannot be read.");
        if (peer.IsStranger)
            return AuthenticateResult.Fail("The caller is outside our namespaces, where its numbers mean something else.");
        return AuthenticateResult.Success(new AuthenticationTicket(UnixPeerPrincipal.Of(peer, Scheme.Name), Scheme.Name));
    }
}
