using System.Globalization;
using System.Security.Claims;

namespace Samehost.AspNetCore.Peers;

/// <summary>A caller's credentials as ASP.NET Core's principal.</summary>
internal static class UnixPeerPrincipal
{
    public static ClaimsPrincipal Of(PeerCredentials peer, string scheme)
    {
        string uid = peer.UserId.ToString(CultureInfo.InvariantCulture);
        var identity = new ClaimsIdentity(scheme, ClaimTypes.Name, UnixPeerClaimTypes.Group);
        identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, uid));
        identity.AddClaim(new Claim(UnixPeerClaimTypes.UserId, uid));
        identity.AddClaim(new Claim(UnixPeerClaimTypes.GroupId, peer.GroupId.ToString(CultureInfo.InvariantCulture)));
        identity.AddClaim(new Claim(UnixPeerClaimTypes.AdvisoryProcessId, peer.ProcessId.ToString(CultureInfo.InvariantCulture)));
        if (peer.UserName is { } user)
            identity.AddClaim(new Claim(ClaimTypes.Name, user));
        foreach (string name in peer.GroupNames)
            identity.AddClaim(new Claim(UnixPeerClaimTypes.Group, name));
        return new ClaimsPrincipal(identity);
    }
}
