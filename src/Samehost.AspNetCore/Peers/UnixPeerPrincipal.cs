using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Claims;

namespace Samehost.AspNetCore.Peers;

/// <summary>A caller's credentials as ASP.NET Core's principal.</summary>
internal static class UnixPeerPrincipal
{
    // Names are looked up in the account database: once for a connection, not for each request.
    private static readonly ConditionalWeakTable<PeerCredentials, Claim[]> Known = [];

    /// <summary>A principal for one request, which may change it.</summary>
    public static ClaimsPrincipal Of(PeerCredentials peer, string scheme) =>
        new(new ClaimsIdentity(Known.GetValue(peer, ClaimsOf), scheme, ClaimTypes.Name, UnixPeerClaimTypes.Group)); // copies them

    private static Claim[] ClaimsOf(PeerCredentials peer)
    {
        string uid = peer.UserId.ToString(CultureInfo.InvariantCulture);
        List<Claim> claims =
        [
            new(ClaimTypes.NameIdentifier, uid),
            new(UnixPeerClaimTypes.UserId, uid),
            new(UnixPeerClaimTypes.GroupId, peer.GroupId.ToString(CultureInfo.InvariantCulture)),
            new(UnixPeerClaimTypes.AdvisoryProcessId, peer.ProcessId.ToString(CultureInfo.InvariantCulture)),
        ];
        if (peer.UserName is { } user)
            claims.Add(new(ClaimTypes.Name, user));
        claims.AddRange(peer.GroupNames.Select(static name => new Claim(UnixPeerClaimTypes.Group, name)));
        return [.. claims];
    }
}
