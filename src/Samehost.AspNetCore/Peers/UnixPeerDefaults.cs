namespace Samehost.AspNetCore;

/// <summary>Names that go with authentication by local socket.</summary>
public static class UnixPeerDefaults
{
    /// <summary>The name of the scheme.</summary>
    public const string AuthenticationScheme = "UnixPeer";
}
