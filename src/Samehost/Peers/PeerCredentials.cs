using System.Text;
using Samehost.Addresses;
using Samehost.Inspection;
using Samehost.Interop;
using Samehost.Peers;

namespace Samehost;

/// <summary>
/// Who is at the other end of a local socket, as the kernel vouches for it: the user and groups that the process had when it
/// connected, listened, or made the pair (SO_PEERCRED, unix(7)), or when it sent a datagram (SCM_CREDENTIALS).
/// </summary>
/// <remarks>
/// It is the identity of that moment and of that process: a descriptor may have been passed on since, and a process may have changed
/// its user. The process number is for logs only; numbers are given again. For more about the process, take a <see cref="PeerProcess"/>.
/// </remarks>
public sealed class PeerCredentials
{
    internal PeerCredentials(in UCred peer, IReadOnlyList<uint> groups, string? securityLabel)
    {
        ProcessId = peer.Pid;
        UserId = peer.Uid;
        GroupId = peer.Gid;
        Groups = groups;
        SecurityLabel = securityLabel;
    }

    /// <summary>The process number, advisory; 0 when the peer is outside our process namespace.</summary>
    public int ProcessId { get; }

    /// <summary>The effective user number. With a datagram or a record comes the real one, or another of its own that the sender chose to
    /// name (unix(7)): a program that runs as another user for the time being is still known by who started it.</summary>
    public uint UserId { get; }

    /// <summary>The effective group number; with a datagram or a record the real one, as for <see cref="UserId"/>.</summary>
    public uint GroupId { get; }

    /// <summary>The supplementary group numbers (SO_PEERGROUPS); empty for datagrams, whose messages do not carry them.</summary>
    public IReadOnlyList<uint> Groups { get; }

    /// <summary>The label of the peer's security module (SO_PEERSEC), or null where there is none.</summary>
    public string? SecurityLabel { get; }

    /// <summary>The user's name, or null when the system does not know the number.</summary>
    public string? UserName => LibcAccount.FindUserName(UserId);

    /// <summary>The group's name, or null when the system does not know the number.</summary>
    public string? GroupName => LibcAccount.FindGroupName(GroupId);

    /// <summary>The names of the effective and the supplementary groups, of those that the system has a name for. Looked up at each
    /// call.</summary>
    public IReadOnlyList<string> GroupNames =>
        [.. Groups.Prepend(GroupId).Distinct().Select(LibcAccount.FindGroupName).OfType<string>()];

    /// <summary>
    /// True when the peer is a stranger to our namespaces, so that its numbers do not say who it is: its process has no number here,
    /// or its user has none and shows as the overflow user. A <see cref="PeerPolicy"/> admits such a peer only if it admits anyone.
    /// </summary>
    public bool IsStranger => ProcessId == 0 || UserNamespace.IsOverflowUser(UserId);

    /// <summary>Membership by number, counting the effective group.</summary>
    public bool IsInGroup(uint group) => GroupId == group || Groups.Contains(group);

    /// <summary>For logs: <c>postgres (uid 113, gid 120, pid 4711)</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (UserName is { } name)
            text.Append(UnixEndPointPrinter.Escape(Encoding.UTF8.GetBytes(name))).Append(" (uid ").Append(UserId);
        else
            text.Append("(uid ").Append(UserId);
        return text.Append(", gid ").Append(GroupId).Append(", pid ").Append(ProcessId).Append(')').ToString();
    }

    /// <summary>The credentials of a connected socket's peer.</summary>
    /// <exception cref="UnixSocketException">The kernel does not tell, for example because the socket is not connected.</exception>
    internal static PeerCredentials Of(Descriptor socket)
    {
        if (LibcSocketOptions.GetPeerCredentials(socket, out var peer) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "getsockopt");
        if (peer.Uid == uint.MaxValue)
            throw new UnixSocketException(Errno.ENOTCONN, "getsockopt",
                hint: "The kernel knows no peer: the socket is not connected, or it is a datagram socket.");
        return Of(socket, peer);
    }

    /// <summary>The credentials of a connected socket's peer, of which the user, group and process are known.</summary>
    internal static PeerCredentials Of(Descriptor socket, in UCred peer)
    {
        _ = LibcPeer.GetGroups(socket, out var groups);
        _ = LibcPeer.GetSecurityLabel(socket, out var label);
        return new PeerCredentials(peer, groups, label.Length == 0 ? null : Encoding.UTF8.GetString(label));
    }
}
