using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using Samehost.Addresses;
using Samehost.Interop;
using Samehost.Peers;

namespace Samehost;

/// <summary>Represents a set of users and groups, each of which is allowed to be the peer of a socket.</summary>
/// <remarks>
/// <para>The decision rests on the user, the group and the supplementary groups that the kernel reports; never on a process number, a
/// path, or anything that the peer sends.</para>
/// <para>Compose a policy from its parts if a name comes from a setting or from a user, so that it is always one name:
/// <see cref="Parse"/> is for text that is a whole policy.</para>
/// </remarks>
/// <example><code>
/// var policy = PeerPolicy.AnyOf(PeerPolicy.SelfAndRoot, PeerPolicy.ForGroup("docker"));
/// var same = PeerPolicy.Parse("self,root,group:docker");
/// </code></example>
[TypeConverter(typeof(ParsableConverter<PeerPolicy>))]
public sealed class PeerPolicy : IEquatable<PeerPolicy>, IParsable<PeerPolicy>
{
    private readonly PeerPolicyTerm[] _terms;

    private PeerPolicy(PeerPolicyTerm[] terms) => _terms = terms;

    /// <summary>Gets the policy that allows the effective user of this process, as it is when a peer is checked.</summary>
    public static PeerPolicy Self { get; } = new([new(PeerPolicyTerm.Kind.Self, 0, null)]);

    /// <summary>Gets the policy that allows root, the user number 0.</summary>
    public static PeerPolicy Root { get; } = new([new(PeerPolicyTerm.Kind.Root, 0, null)]);

    /// <summary>Gets the policy that allows the effective user of this process and root; the default of servers.</summary>
    public static PeerPolicy SelfAndRoot { get; } = AnyOf(Self, Root);

    /// <summary>Gets the policy that allows every peer.</summary>
    public static PeerPolicy Anyone { get; } = new([new(PeerPolicyTerm.Kind.Anyone, 0, null)]);

    /// <summary>Creates a policy that allows a user by name, which is looked up now (getpwnam(3)).</summary>
    /// <param name="userName">The name of one user, taken literally: no character in it separates or begins a term.</param>
    /// <exception cref="ArgumentException">There is no user of that name.</exception>
    public static PeerPolicy ForUser(string userName)
    {
        ArgumentNullException.ThrowIfNull(userName);
        return PeerPolicyTerm.ReadUser(userName, out var term) is { } problem
            ? throw new ArgumentException(problem, nameof(userName))
            : new([term]);
    }

    /// <summary>Creates a policy that allows a user by number, which need not be in the account database.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is 4294967295, which stands for no user.</exception>
    public static PeerPolicy ForUserId(uint userId)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(userId, uint.MaxValue);
        return new([new(PeerPolicyTerm.Kind.User, userId, null)]);
    }

    /// <summary>Creates a policy that allows the members of a group by name, which is looked up now (getgrnam(3)).</summary>
    /// <param name="groupName">The name of one group, taken literally: no character in it separates or begins a term.</param>
    /// <exception cref="ArgumentException">There is no group of that name.</exception>
    public static PeerPolicy ForGroup(string groupName)
    {
        ArgumentNullException.ThrowIfNull(groupName);
        return PeerPolicyTerm.ReadGroup(groupName, out var term) is { } problem
            ? throw new ArgumentException(problem, nameof(groupName))
            : new([term]);
    }

    /// <summary>Creates a policy that allows the members of a group by number, which need not be in the account database.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is 4294967295, which stands for no group.</exception>
    public static PeerPolicy ForGroupId(uint groupId)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(groupId, uint.MaxValue);
        return new([new(PeerPolicyTerm.Kind.Group, groupId, null)]);
    }

    /// <summary>Creates a policy that allows a peer if at least one of several policies does.</summary>
    /// <exception cref="ArgumentException">There is no policy among them, or a null.</exception>
    public static PeerPolicy AnyOf(params PeerPolicy[] policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        if (policies.Length == 0 || Array.Exists(policies, static p => p is null))
            throw new ArgumentException("At least one policy is required, and none may be null.", nameof(policies));
        return new([.. policies.SelectMany(static p => p._terms).Distinct()]);
    }

    /// <summary>
    /// Converts text to a policy. The text has terms with commas between: <c>self</c> (the effective user), <c>root</c>, <c>user:NAME</c>,
    /// <c>uid:NUMBER</c>, <c>group:NAME</c>, <c>gid:NUMBER</c>, <c>anyone</c>.
    /// </summary>
    /// <remarks>Names are looked up now; numbers are ASCII digits and nothing else. Do not insert a name into the text, because a comma
    /// in it would begin another term: use <see cref="AnyOf"/> and <see cref="ForGroup"/>.</remarks>
    /// <exception cref="FormatException">The text is empty, has a term that is not one of these, or names a user or group that does not
    /// exist on this system; the message says which.</exception>
    public static PeerPolicy Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(text, out var policy) is { } problem ? throw new FormatException(problem) : policy!;
    }

    /// <summary>Converts text to a policy as <see cref="Parse"/> does.</summary>
    /// <returns>False if the text is not a policy, or names a user or group that does not exist on this system.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PeerPolicy? policy)
    {
        policy = null;
        return text is not null && Read(text, out policy) is null;
    }

    static PeerPolicy IParsable<PeerPolicy>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<PeerPolicy>.TryParse(
        [NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out PeerPolicy result) =>
        TryParse(s, out result);

    /// <summary>Returns true if this policy allows a peer.</summary>
    public bool Allows(PeerCredentials peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return Array.Exists(_terms, term => term.Allows(peer));
    }

    /// <summary>Returns true if a term allows the peer by its user alone; the cheap half of <see cref="Allows"/>.</summary>
    internal bool AllowsUser(in UCred peer)
    {
        foreach (var term in _terms)
        {
            if (term.AllowsUser(peer))
                return true;
        }

        return false;
    }

    /// <summary>Returns true if a term allows the sender of a datagram, whose supplementary groups the kernel does not report; does not
    /// allocate.</summary>
    internal bool AllowsSender(in UCred sender)
    {
        foreach (var term in _terms)
        {
            if (term.AllowsUser(sender) || term.AllowsGroup(sender))
                return true;
        }

        return false;
    }

    /// <summary>Returns the text that <see cref="Parse"/> converts back; a name that cannot be part of it, such as one with a comma, is
    /// replaced by its number.</summary>
    public override string ToString() => string.Join(',', _terms.Select(static t => t.ToString()));

    /// <summary>Returns true if both policies have the same terms in the same order.</summary>
    public bool Equals(PeerPolicy? other) => other is not null && _terms.AsSpan().SequenceEqual(other._terms);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PeerPolicy);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    private static string? Read(string text, out PeerPolicy? policy)
    {
        policy = null;
        var words = text.Split(',', StringSplitOptions.TrimEntries);
        var terms = new PeerPolicyTerm[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            if (PeerPolicyTerm.Read(words[i], out terms[i]) is { } problem)
                return problem;
        }

        policy = new PeerPolicy(terms);
        return null;
    }
}
