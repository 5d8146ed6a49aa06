namespace Samehost.AspNetCore;

/// <summary>
/// Who is calling: a feature of every connection and request that came over a local socket of this package's, and of no other.
/// </summary>
/// <remarks>
/// It is the identity that the kernel noted when the client connected, and of the process that connected: that process may have
/// changed its user since, or passed the connection on to another. Headers and the name of the client's socket have no part in it.
/// </remarks>
/// <example><code>
/// app.MapGet("/", (HttpContext http) => $"Hi, {http.Features.Get&lt;IUnixPeerFeature&gt;()?.Credentials.UserName}");
/// </code></example>
public interface IUnixPeerFeature
{
    /// <summary>The client's user, groups and process number; the number is advisory, for logs.</summary>
    PeerCredentials Credentials { get; }
}
