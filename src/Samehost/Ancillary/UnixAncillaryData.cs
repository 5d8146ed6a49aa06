using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost;

/// <summary>Contains the ancillary data that is sent with a datagram (unix(7)).</summary>
public sealed class UnixAncillaryData
{
    /// <summary>Gets or sets the descriptors to send, up to 253; empty by default. The caller owns them, and keeps them open until the
    /// send has completed.</summary>
    public IReadOnlyList<SafeHandle> Descriptors { get; set; } = [];

    /// <summary>Gets or sets the credentials to send; if null, the kernel fills in those of this process for a receiver that
    /// asks.</summary>
    public UnixCredentials? Credentials { get; set; }
}

/// <summary>Contains the credentials that a process sends with a datagram (SCM_CREDENTIALS, unix(7)).</summary>
/// <remarks>The kernel checks them: an ordinary process can send only its own process number and one of its own users and groups; a
/// privileged one (CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID) any.</remarks>
/// <param name="ProcessId">The process number.</param>
/// <param name="UserId">The user number.</param>
/// <param name="GroupId">The group number.</param>
public readonly record struct UnixCredentials(int ProcessId, uint UserId, uint GroupId)
{
    /// <summary>Gets the credentials of this process: its number, its effective user and its effective group.</summary>
    public static UnixCredentials Current => new(Environment.ProcessId, LibcIdentity.EffectiveUser(), LibcIdentity.EffectiveGroup());

    internal UCred ToNative() => new() { Pid = ProcessId, Uid = UserId, Gid = GroupId };
}
