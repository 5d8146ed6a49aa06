using System.Globalization;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.Peers;

/// <summary>Represents one term of a policy.</summary>
internal readonly record struct PeerPolicyTerm(PeerPolicyTerm.Kind Of, uint Number, string? Name)
{
    private const string Known = "self, root, user:NAME, uid:NUMBER, group:NAME, gid:NUMBER, anyone";

    internal enum Kind
    {
        Anyone,
        Self,
        Root,
        User,
        Group,
    }

    // Read at each check: a service that gives up root after its start means the user that it has then.
    private uint User => Of == Kind.Self ? LibcIdentity.EffectiveUser() : Number;

    /// <summary>Reads a term; returns null, or the problem as a sentence.</summary>
    public static string? Read(string word, out PeerPolicyTerm term)
    {
        term = default;
        switch (word)
        {
            case "anyone":
                term = new(Kind.Anyone, 0, null);
                return null;
            case "self":
                term = new(Kind.Self, 0, null);
                return null;
            case "root":
                term = new(Kind.Root, 0, null);
                return null;
            case "":
                return $"A policy has an empty term; its terms are: {Known}.";
        }

        var colon = word.IndexOf(':', StringComparison.Ordinal);
        var value = word[(colon + 1)..];
        return (colon < 0 ? "" : word[..colon]) switch
        {
            "user" => ReadUser(value, out term),
            "group" => ReadGroup(value, out term),
            "uid" => ReadNumber(Kind.User, word, value, out term),
            "gid" => ReadNumber(Kind.Group, word, value, out term),
            _ => $"'{PrintableText.Of(word)}' is not a term of a policy; its terms are: {Known}.",
        };
    }

    /// <summary>Looks up a user; returns null, or the problem as a sentence.</summary>
    public static string? ReadUser(string name, out PeerPolicyTerm term)
    {
        term = default;
        if (name.Length == 0 || LibcAccount.FindUser(name, out var user) < 0 || user is null)
            return $"There is no user named '{PrintableText.Of(name)}' on this system.";
        term = new(Kind.User, user.Value, name);
        return null;
    }

    /// <summary>Looks up a group; returns null, or the problem as a sentence.</summary>
    public static string? ReadGroup(string name, out PeerPolicyTerm term)
    {
        term = default;
        if (name.Length == 0 || LibcAccount.FindGroup(name, out var group) < 0 || group is null)
            return $"There is no group named '{PrintableText.Of(name)}' on this system.";
        term = new(Kind.Group, group.Value, name);
        return null;
    }

    public bool Allows(PeerCredentials peer) => Of switch
    {
        Kind.Anyone => true,
        _ when peer.IsUnmapped => false,
        Kind.Group => !UserNamespace.IsOverflowGroup(Number) && peer.IsInGroup(Number),
        _ => peer.UserId == User,
    };

    public bool AllowsUser(in UCred peer) => Of switch
    {
        Kind.Anyone => true,
        Kind.Group => false,
        _ => peer.Uid == User && !UserNamespace.IsUnmapped(peer.Uid, peer.Pid),
    };

    public bool AllowsGroup(in UCred peer) => Of == Kind.Group && peer.Gid == Number
        && !UserNamespace.IsUnmapped(peer.Uid, peer.Pid) && !UserNamespace.IsOverflowGroup(peer.Gid);

    public override string ToString() => (Of, Name) switch
    {
        (Kind.Anyone, _) => "anyone",
        (Kind.Self, _) => "self",
        (Kind.Root, _) => "root",
        (Kind.User, { } name) when IsReadable(name) => "user:" + name,
        (Kind.Group, { } name) when IsReadable(name) => "group:" + name,
        (Kind.User, _) => string.Create(CultureInfo.InvariantCulture, $"uid:{Number}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"gid:{Number}"),
    };

    private static string? ReadNumber(Kind kind, string word, string value, out PeerPolicyTerm term)
    {
        term = default;
        // The largest number means "no user" to the kernel.
        if (!Numbers.TryParse(value, out uint number) || number == uint.MaxValue)
            return $"'{PrintableText.Of(word)}' needs a number from 0 to {uint.MaxValue - 1} after the colon.";
        term = new(kind, number, null);
        return null;
    }

    // The account database may have names that cannot be part of a policy's text.
    private static bool IsReadable(string name) =>
        !name.Contains(',', StringComparison.Ordinal) && name.Trim() == name && PrintableText.Of(name) == name;
}
