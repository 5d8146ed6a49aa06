using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Samehost.AspNetCore;

/// <summary>Extension methods that authenticate callers on a local socket.</summary>
/// <example><code>
/// builder.Services.AddAuthentication().AddUnixPeer();
/// builder.Services.AddAuthorization();
/// …
/// app.MapPost("/reload", Reload).RequirePeer("group:docker,root");
/// </code></example>
public static class UnixPeerAuthenticationExtensions
{
    /// <summary>Adds an authentication scheme that makes the caller on a local socket the user of the request.</summary>
    /// <remarks>The claims are the name, the IDs and the groups that the kernel recorded when the client connected: see
    /// <see cref="UnixPeerClaimTypes"/>. Requests over TCP are not authenticated, whatever they contain.</remarks>
    /// <param name="builder">The builder that <c>AddAuthentication</c> returned.</param>
    /// <param name="authenticationScheme">The name of the scheme.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static AuthenticationBuilder AddUnixPeer(
        this AuthenticationBuilder builder, string authenticationScheme = UnixPeerDefaults.AuthenticationScheme)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddScheme<AuthenticationSchemeOptions, UnixPeerAuthenticationHandler>(authenticationScheme, null);
    }
}

/// <summary>The default values of authentication by local socket.</summary>
public static class UnixPeerDefaults
{
    /// <summary>The name of the authentication scheme.</summary>
    public const string AuthenticationScheme = "UnixPeer";
}

/// <summary>The types of the claims about a caller, in addition to <see cref="System.Security.Claims.ClaimTypes.Name"/>.</summary>
public static class UnixPeerClaimTypes
{
    /// <summary>The user ID.</summary>
    public const string UserId = "unix:uid";

    /// <summary>The ID of the effective group.</summary>
    public const string GroupId = "unix:gid";

    /// <summary>The name of an effective or supplementary group, one claim for each; the role claim of <c>IsInRole</c>.</summary>
    public const string Group = "unix:group";

    /// <summary>The process ID, which is advisory, for logs: process IDs are reused, so that no decision may depend on one.</summary>
    public const string AdvisoryProcessId = "unix:advisory-pid";
}

/// <summary>Authenticates a request by the credentials of its connection, and by nothing that the request contains.</summary>
internal sealed class UnixPeerAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    // User and group names come from the account database: they are looked up once for a connection, not for each request.
    private static readonly ConditionalWeakTable<PeerCredentials, Claim[]> Claims = [];

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (Context.Features.Get<IUnixPeerFeature>() is not { } feature)
            return AuthenticateResult.NoResult(); // TCP
        if (feature.TryGetCredentials(out var error) is not { } credentials)
            return AuthenticateResult.Fail(error ?? "The caller's credentials cannot be read.");
        if (credentials.IsUnmapped)
            return AuthenticateResult.Fail("The caller's user has no ID in the user namespace of this process.");
        return AuthenticateResult.Success(new AuthenticationTicket(CreatePrincipal(credentials), Scheme.Name));
    }

    /// <summary>Creates a principal for one request, which may modify it.</summary>
    private ClaimsPrincipal CreatePrincipal(PeerCredentials credentials) =>
        new(new ClaimsIdentity( // which copies the claims
            Claims.GetValue(credentials, CreateClaims), Scheme.Name, ClaimTypes.Name, UnixPeerClaimTypes.Group));

    private static Claim[] CreateClaims(PeerCredentials credentials)
    {
        var userId = credentials.UserId.ToString(CultureInfo.InvariantCulture);
        List<Claim> claims =
        [
            new(ClaimTypes.NameIdentifier, userId),
            new(UnixPeerClaimTypes.UserId, userId),
            new(UnixPeerClaimTypes.GroupId, credentials.GroupId.ToString(CultureInfo.InvariantCulture)),
            new(UnixPeerClaimTypes.AdvisoryProcessId, credentials.ProcessId.ToString(CultureInfo.InvariantCulture)),
        ];
        if (credentials.UserName is { } userName)
            claims.Add(new(ClaimTypes.Name, userName));
        claims.AddRange(credentials.GroupNames.Select(static name => new Claim(UnixPeerClaimTypes.Group, name)));
        return [.. claims];
    }
}
