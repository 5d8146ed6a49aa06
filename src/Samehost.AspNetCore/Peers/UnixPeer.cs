namespace Samehost.AspNetCore.Peers;

/// <summary>Reads a caller's credentials; what cannot be read is nobody.</summary>
internal static class UnixPeer
{
    public static PeerCredentials? TryGet(IUnixPeerFeature feature, out string? failure)
    {
        try
        {
            failure = null;
            return feature.Credentials;
        }
        catch (Exception e) when (e is UnixSocketException or ObjectDisposedException)
        {
            failure = e.Message;
            return null;
        }
    }
}
