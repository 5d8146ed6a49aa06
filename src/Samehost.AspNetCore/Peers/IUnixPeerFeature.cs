namespace Samehost.AspNetCore;

/// <summary>The feature that identifies the caller, on connections and requests that arrived over a local socket of this
/// package.</summary>
/// <remarks>
/// The kernel recorded the identity when the client connected. It is the identity of the process that connected, which may since have
/// changed its user or passed the connection on to another process. Headers and the name of the client's socket do not affect it.
/// </remarks>
/// <example><code>
/// app.MapGet("/", (HttpContext http) => $"Hi, {http.Features.Get&lt;IUnixPeerFeature&gt;()?.Credentials.UserName}");
/// </code></example>
public interface IUnixPeerFeature
{
    /// <summary>Gets the user, the groups and the process ID of the client; the process ID is advisory, for logs.</summary>
    /// <exception cref="UnixSocketException">The kernel does not report the credentials.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed before the credentials were read for the first time.</exception>
    PeerCredentials Credentials { get; }
}

/// <summary>Extension methods for <see cref="IUnixPeerFeature"/>.</summary>
internal static class UnixPeerFeatureExtensions
{
    /// <summary>Reads the credentials without throwing.</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="error">The reason why they cannot be read.</param>
    public static PeerCredentials? TryGetCredentials(this IUnixPeerFeature feature, out string? error)
    {
        try
        {
            error = null;
            return feature.Credentials;
        }
        catch (Exception e) when (e is UnixSocketException or ObjectDisposedException)
        {
            error = e.Message;
            return null;
        }
    }
}
