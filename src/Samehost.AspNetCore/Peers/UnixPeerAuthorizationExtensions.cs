using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Samehost.AspNetCore;

/// <summary>Extension methods that authorize callers on a local socket.</summary>
public static class UnixPeerAuthorizationExtensions
{
    /// <summary>Requires that a policy allows the caller of an endpoint.</summary>
    /// <remarks>Other callers on local sockets get 403, and callers over TCP 401. The services of <c>AddAuthorization</c> and
    /// <see cref="UnixPeerAuthenticationExtensions.AddUnixPeer"/> have to be registered; without them requests fail.</remarks>
    /// <param name="builder">An endpoint or a group of endpoints.</param>
    /// <param name="policy">A whole policy in the form that <see cref="PeerPolicy.Parse"/> reads, for example <c>group:docker,root</c>. Do
    /// not insert names into it; compose a <see cref="PeerPolicy"/> instead.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="FormatException"><paramref name="policy"/> is not a policy, or names a user or group that does not
    /// exist.</exception>
    public static TBuilder RequirePeer<TBuilder>(this TBuilder builder, string policy)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequirePeer(PeerPolicy.Parse(policy));

    /// <summary>Requires that a policy allows the caller of an endpoint.</summary>
    /// <remarks>See <see cref="RequirePeer{TBuilder}(TBuilder, string)"/>.</remarks>
    /// <param name="builder">An endpoint or a group of endpoints.</param>
    /// <param name="policy">The policy.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static TBuilder RequirePeer<TBuilder>(this TBuilder builder, PeerPolicy policy)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(new AuthorizationPolicyBuilder(UnixPeerDefaults.AuthenticationScheme).RequirePeer(policy).Build());

    /// <summary>Adds to an authorization policy the requirement that a peer policy allows the caller.</summary>
    /// <remarks>The authorization policy itself names its authentication schemes.</remarks>
    /// <param name="builder">The builder of the authorization policy.</param>
    /// <param name="policy">The peer policy.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static AuthorizationPolicyBuilder RequirePeer(this AuthorizationPolicyBuilder builder, PeerPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(policy);
        return builder.AddRequirements(new PeerRequirement(policy));
    }

    /// <summary>Adds to an authorization policy the requirement that a peer policy allows the caller.</summary>
    /// <remarks>The authorization policy itself names its authentication schemes.</remarks>
    /// <param name="builder">The builder of the authorization policy.</param>
    /// <param name="policy">A whole peer policy in the form that <see cref="PeerPolicy.Parse"/> reads; do not insert names into it.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="FormatException"><paramref name="policy"/> is not a policy, or names a user or group that does not
    /// exist.</exception>
    public static AuthorizationPolicyBuilder RequirePeer(this AuthorizationPolicyBuilder builder, string policy)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.RequirePeer(PeerPolicy.Parse(policy));
    }
}

/// <summary>Requires that a policy allows the caller.</summary>
/// <remarks>It uses the credentials of the connection and not claims, which other schemes may add.</remarks>
internal sealed class PeerRequirement(PeerPolicy policy) : AuthorizationHandler<PeerRequirement>, IAuthorizationRequirement
{
    public override string ToString() => $"The caller is one of: {policy}";

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, PeerRequirement requirement)
    {
        // A requirement that is its own handler is called for every requirement of this type and decides for itself only.
        if (ReferenceEquals(requirement, this)
            && GetHttpContext(context.Resource)?.Features.Get<IUnixPeerFeature>()?.TryGetCredentials(out _) is { } credentials
            && policy.Allows(credentials))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }

    /// <summary>Gets the request from the resource that endpoints or MVC's filters pass.</summary>
    private static HttpContext? GetHttpContext(object? resource) => resource as HttpContext ?? (resource as ActionContext)?.HttpContext;
}
