namespace Samehost.AspNetCore;

/// <summary>What the principal of a local caller tells, beside <see cref="System.Security.Claims.ClaimTypes.Name"/>.</summary>
public static class UnixPeerClaimTypes
{
    /// <summary>The user number.</summary>
    public const string UserId = "unix:uid";

    /// <summary>The number of the user's effective group.</summary>
    public const string GroupId = "unix:gid";

    /// <summary>The name of a group, effective or supplementary; one claim for each. <c>IsInRole</c> asks for these.</summary>
    public const string Group = "unix:group";

    /// <summary>The process number. Advisory, for logs: numbers are given again, so never decide by it.</summary>
    public const string AdvisoryProcessId = "unix:advisory-pid";
}
