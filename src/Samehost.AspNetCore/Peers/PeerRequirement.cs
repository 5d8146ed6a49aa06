using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Samehost.AspNetCore.Peers;

/// <summary>Asks that the caller be one whom a policy admits. Decided on the connection, not on claims, which others may add.</summary>
internal sealed class PeerRequirement(PeerPolicy policy) : AuthorizationHandler<PeerRequirement>, IAuthorizationRequirement
{
    public override string ToString() => $"The caller is one of: {policy}";

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, PeerRequirement requirement)
    {
        // Self-handling: each instance is asked about every requirement, and answers for its own.
        if (ReferenceEquals(requirement, this)
            && Request(context.Resource) is { } http
            && http.Features.Get<IUnixPeerFeature>() is { } feature
            && UnixPeer.TryGet(feature, out _) is { } peer
            && policy.Admits(peer))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }

    /// <summary>The request that is to be authorized: as endpoints ask, or as MVC's filters do.</summary>
    private static HttpContext? Request(object? resource) => resource as HttpContext ?? (resource as ActionContext)?.HttpContext;
}
