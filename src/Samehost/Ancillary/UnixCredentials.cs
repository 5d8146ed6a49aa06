using Samehost.Interop;

namespace Samehost;

/// <summary>
/// The credentials that a process sends with a datagram (SCM_CREDENTIALS, unix(7)). The kernel checks them: an ordinary process can
/// only name its own process and one of its own users and groups, root (CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID) any.
/// </summary>
/// <param name="ProcessId">The process number.</param>
/// <param name="UserId">The user number.</param>
/// <param name="GroupId">The group number.</param>
public readonly record struct UnixCredentials(int ProcessId, uint UserId, uint GroupId)
{
    /// <summary>This process, its effective user and its effective group.</summary>
    public static UnixCredentials Own => new(Environment.ProcessId, LibcIdentity.EffectiveUser(), LibcIdentity.EffectiveGroup());

    internal UCred ToNative() => new() { Pid = ProcessId, Uid = UserId, Gid = GroupId };
}
