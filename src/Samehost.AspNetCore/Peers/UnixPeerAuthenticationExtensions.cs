using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Samehost.AspNetCore.Peers;

namespace Samehost.AspNetCore;

/// <summary>Callers on a local socket as users, and endpoints for some of them.</summary>
/// <example><code>
/// builder.Services.AddAuthentication().AddUnixPeer();
/// builder.Services.AddAuthorization();
/// …
/// app.MapPost("/reload", Reload).RequirePeer("group:docker,root");
/// </code></example>
public static class UnixPeerAuthenticationExtensions
{
    /// <summary>
    /// Makes a caller on a local socket the request's user: its name, numbers and groups (<see cref="UnixPeerClaimTypes"/>), as the kernel
    /// noted them when it connected. On TCP nobody is authenticated, whatever the request says.
    /// </summary>
    /// <param name="authentication">What <c>AddAuthentication</c> returns.</param>
    /// <param name="scheme">The name of the scheme.</param>
    public static AuthenticationBuilder AddUnixPeer(
        this AuthenticationBuilder authentication, string scheme = UnixPeerDefaults.AuthenticationScheme)
    {
        ArgumentNullException.ThrowIfNull(authentication);
        return authentication.AddScheme<AuthenticationSchemeOptions, UnixPeerAuthenticationHandler>(scheme, null);
    }

    /// <summary>
    /// Lets only callers through whom a policy admits; others get 403, and whoever comes by TCP gets 401. It takes the services of
    /// <c>AddAuthorization</c> and <see cref="AddUnixPeer"/>; without them requests fail.
    /// </summary>
    /// <param name="endpoint">One endpoint, or a group of them.</param>
    /// <param name="peers">A whole policy as <see cref="PeerPolicy.Parse"/> reads it, for example <c>group:docker,root</c>. Do not put
    /// names into it; compose a <see cref="PeerPolicy"/> for that.</param>
    /// <exception cref="ArgumentException">The text is not a policy, or names a user or group that does not exist.</exception>
    public static TBuilder RequirePeer<TBuilder>(this TBuilder endpoint, string peers)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(new AuthorizationPolicyBuilder(UnixPeerDefaults.AuthenticationScheme).RequirePeer(peers).Build());

    /// <summary>Lets only callers through whom a policy allows, as <see cref="RequirePeer{TBuilder}(TBuilder, string)"/> does, where the
    /// policy is composed from parts.</summary>
    /// <param name="endpoint">One endpoint, or a group of them.</param>
    /// <param name="peers">Who may call.</param>
    public static TBuilder RequirePeer<TBuilder>(this TBuilder endpoint, PeerPolicy peers)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(new AuthorizationPolicyBuilder(UnixPeerDefaults.AuthenticationScheme).RequirePeer(peers).Build());

    /// <summary>Adds the same to an authorization policy. The policy names the schemes that it takes.</summary>
    /// <param name="policy">The policy under construction.</param>
    /// <param name="peers">Who may call.</param>
    public static AuthorizationPolicyBuilder RequirePeer(this AuthorizationPolicyBuilder policy, PeerPolicy peers)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(peers);
        return policy.AddRequirements(new PeerRequirement(peers));
    }

    /// <summary>Adds the same to an authorization policy. The policy names the schemes that it takes.</summary>
    /// <param name="policy">The policy under construction.</param>
    /// <param name="peers">A whole policy as <see cref="PeerPolicy.Parse"/> reads it; do not put names into it.</param>
    /// <exception cref="ArgumentException">The text is not a policy, or names a user or group that does not exist.</exception>
    public static AuthorizationPolicyBuilder RequirePeer(this AuthorizationPolicyBuilder policy, string peers)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.RequirePeer(PeerPolicy.Parse(peers));
    }
}
