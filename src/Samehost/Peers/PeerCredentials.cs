using System.Globalization;
using System.Text;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost;

/// <summary>Contains the process, the user and the groups of a socket's peer, as the kernel reports them.</summary>
/// <remarks>
/// <para>They are those that the process had when it connected, listened or created the pair (SO_PEERCRED, unix(7)), or when it sent the
/// datagram (SCM_CREDENTIALS). Since then, the process may have changed its user, or passed its descriptor on.</para>
/// <para>The process number is for logs only, because numbers are reused. For more about the process, use a
/// <see cref="PeerProcess"/>.</para>
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

    /// <summary>Gets the process number, which is advisory; 0 if the peer is not in the pid namespace of this process
    /// (pid_namespaces(7)).</summary>
    /// <remarks>Such a peer still has its user and its groups.</remarks>
    public int ProcessId { get; }

    /// <summary>Gets the number of the effective user.</summary>
    /// <remarks>For a datagram or a record it is the real user, or another one of its own that the sender names (unix(7)).</remarks>
    public uint UserId { get; }

    /// <summary>Gets the number of the effective group.</summary>
    /// <remarks>For a datagram or a record it is the real group, as for <see cref="UserId"/>.</remarks>
    public uint GroupId { get; }

    /// <summary>Gets the numbers of the supplementary groups (SO_PEERGROUPS); empty for datagrams, which do not carry them.</summary>
    public IReadOnlyList<uint> Groups { get; }

    /// <summary>Gets the peer's security label (SO_PEERSEC), or null if no security module sets one.</summary>
    public string? SecurityLabel { get; }

    /// <summary>Gets the name of the user, or null if the account database has none.</summary>
    /// <remarks>Each call looks it up (getpwuid(3)).</remarks>
    public string? UserName => LibcAccount.FindUserName(UserId);

    /// <summary>Gets the name of the group, or null if the account database has none.</summary>
    /// <remarks>Each call looks it up (getgrgid(3)).</remarks>
    public string? GroupName => LibcAccount.FindGroupName(GroupId);

    /// <summary>Gets the names of the effective and the supplementary groups that the account database has a name for.</summary>
    /// <remarks>Each call looks them up (getgrgid(3)).</remarks>
    public IReadOnlyList<string> GroupNames =>
        [.. Groups.Prepend(GroupId).Distinct().Select(LibcAccount.FindGroupName).OfType<string>()];

    /// <summary>Gets a value that indicates whether the numbers do not identify the peer, because its user has no number in the user
    /// namespace of this process (user_namespaces(7)), or because a message has no credentials.</summary>
    /// <remarks>A <see cref="PeerPolicy"/> allows such a peer only if it allows every peer.</remarks>
    public bool IsUnmapped => UserNamespace.IsUnmapped(UserId, ProcessId);

    /// <summary>Returns true if a group is the effective group or one of the supplementary groups.</summary>
    public bool IsInGroup(uint group) => GroupId == group || Groups.Contains(group);

    /// <summary>Returns a line for logs: <c>postgres (uid 113, gid 120, pid 4711)</c>, with the pid namespace or the user namespace in it
    /// if the peer has no number in that of this process.</summary>
    public override string ToString()
    {
        // The overflow number's own name, such as nobody, would be that of another user.
        var name = IsUnmapped ? "unmapped user " : UserName is { } known ? PrintableText.Of(known) + " " : "";
        var process = ProcessId == 0 ? "in another pid namespace" : string.Create(CultureInfo.InvariantCulture, $"pid {ProcessId}");
        var origin = !IsUnmapped ? process : ProcessId == 0 ? "of another namespace" : $"{process}, of another user namespace";
        return string.Create(CultureInfo.InvariantCulture, $"{name}(uid {UserId}, gid {GroupId}, {origin})");
    }

    /// <summary>Reads the credentials of a connected socket's peer.</summary>
    /// <exception cref="UnixSocketException">The kernel has none, for example because the socket is not connected.</exception>
    internal static PeerCredentials Of(Descriptor socket)
    {
        if (LibcSocketOptions.GetPeerCredentials(socket, out var peer) is < 0 and var errno)
            throw new UnixSocketException((Errno)(-errno), "getsockopt");
        if (peer.Uid == uint.MaxValue)
        {
            throw new UnixSocketException(Errno.ENOTCONN, "getsockopt",
                hint: "The kernel knows no peer: the socket is not connected, or it is a datagram socket.");
        }
        return Of(socket, peer);
    }

    /// <summary>Reads the groups and the label of a connected socket's peer, of which process, user and group are known.</summary>
    internal static PeerCredentials Of(Descriptor socket, in UCred peer)
    {
        _ = LibcPeer.GetGroups(socket, out var groups);
        _ = LibcPeer.GetSecurityLabel(socket, out var label);
        return new PeerCredentials(peer, groups, label.Length == 0 ? null : Encoding.UTF8.GetString(label));
    }
}
