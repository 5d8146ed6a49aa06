using System.Diagnostics.CodeAnalysis;
using Samehost.Interop;
using Samehost.Peers;

namespace Samehost;

/// <summary>
/// Who may talk to us: a list of users and groups, any of which admits. Decided on the user, group and supplementary groups that the kernel
/// vouches for; never on a process number, a path, or anything that the peer says itself.
/// </summary>
/// <remarks>
/// Compose a policy from its parts where a name comes from a setting or a user, so that a name never becomes more than one:
/// <see cref="Parse"/> is for text that is a whole policy.
/// </remarks>
/// <example><code>
/// var policy = PeerPolicy.AnyOf(PeerPolicy.SelfAndRoot, PeerPolicy.ForGroup("docker"));
/// var same = PeerPolicy.Parse("self,root,group:docker");
/// </code></example>
public sealed class PeerPolicy : IEquatable<PeerPolicy>
{
    private readonly PeerPolicyTerm[] _terms;

    private PeerPolicy(PeerPolicyTerm[] terms) => _terms = terms;

    /// <summary>Our own user: the effective one of the moment when a peer is judged.</summary>
    public static PeerPolicy Self { get; } = new([new(PeerPolicyTerm.Kind.Self, 0, null)]);

    /// <summary>User number 0.</summary>
    public static PeerPolicy Root { get; } = new([new(PeerPolicyTerm.Kind.Root, 0, null)]);

    /// <summary>Our own user, and root; the default.</summary>
    public static PeerPolicy SelfAndRoot { get; } = AnyOf(Self, Root);

    /// <summary>Everybody who can reach the address.</summary>
    public static PeerPolicy Anyone { get; } = new([new(PeerPolicyTerm.Kind.Anyone, 0, null)]);

    /// <summary>Allows the user of a name, which is looked up now (getpwnam(3)).</summary>
    /// <param name="userName">The name of one user, taken as it is: nothing in it separates or begins another term.</param>
    /// <exception cref="ArgumentException">There is no user of that name.</exception>
    public static PeerPolicy ForUser(string userName)
    {
        ArgumentNullException.ThrowIfNull(userName);
        return PeerPolicyTerm.ReadUser(userName, out var term) is { } problem
            ? throw new ArgumentException(problem, nameof(userName))
            : new([term]);
    }

    /// <summary>Allows the user of a number, whether the account database knows it or not.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is 4294967295, which stands for no user.</exception>
    public static PeerPolicy ForUserId(uint userId)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(userId, uint.MaxValue);
        return new([new(PeerPolicyTerm.Kind.User, userId, null)]);
    }

    /// <summary>Allows the members of the group of a name, which is looked up now (getgrnam(3)).</summary>
    /// <param name="groupName">The name of one group, taken as it is: nothing in it separates or begins another term.</param>
    /// <exception cref="ArgumentException">There is no group of that name.</exception>
    public static PeerPolicy ForGroup(string groupName)
    {
        ArgumentNullException.ThrowIfNull(groupName);
        return PeerPolicyTerm.ReadGroup(groupName, out var term) is { } problem
            ? throw new ArgumentException(problem, nameof(groupName))
            : new([term]);
    }

    /// <summary>Allows the members of the group of a number, whether the account database knows it or not.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is 4294967295, which stands for no group.</exception>
    public static PeerPolicy ForGroupId(uint groupId)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(groupId, uint.MaxValue);
        return new([new(PeerPolicyTerm.Kind.Group, groupId, null)]);
    }

    /// <summary>Allows a peer that one of several policies allows.</summary>
    /// <exception cref="ArgumentException">There is no policy among them, or a null.</exception>
    public static PeerPolicy AnyOf(params PeerPolicy[] policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        if (policies.Length == 0 || Array.Exists(policies, static p => p is null))
            throw new ArgumentException("A policy is composed of one policy at least, and none of them is null.", nameof(policies));
        return new([.. policies.SelectMany(static p => p._terms).Distinct()]);
    }

    /// <summary>
    /// Reads a policy from text, terms with commas between: <c>self</c> (our effective user), <c>root</c>, <c>user:NAME</c>,
    /// <c>uid:NUMBER</c>, <c>group:NAME</c>, <c>gid:NUMBER</c>, <c>anyone</c>. Names are looked up now; numbers are ASCII digits and
    /// nothing else.
    /// </summary>
    /// <remarks>Do not put a name into the text: a comma in it would begin another term. Use <see cref="AnyOf"/> and <see
    /// cref="ForGroup"/>.</remarks>
    /// <exception cref="ArgumentException">The text is empty, has a term that is not one of these, or names a user or group that does not
    /// exist here; the message says which.</exception>
    public static PeerPolicy Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(text, out var policy) is { } problem ? throw new ArgumentException(problem, nameof(text)) : policy!;
    }

    /// <summary>As <see cref="Parse"/>, with false instead of an exception.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out PeerPolicy? policy)
    {
        policy = null;
        return text is not null && Read(text, out policy) is null;
    }

    /// <summary>True when one of the terms admits the peer.</summary>
    public bool Admits(PeerCredentials peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return Array.Exists(_terms, term => term.Admits(peer));
    }

    /// <summary>True when a term admits the peer by its user alone; the cheap half of <see cref="Admits"/>.</summary>
    internal bool AdmitsUser(in UCred peer)
    {
        foreach (var term in _terms)
        {
            if (term.AdmitsUser(peer))
                return true;
        }

        return false;
    }

    /// <summary>As <see cref="Admits"/> for the sender of a datagram, whose supplementary groups nobody knows; allocates nothing.</summary>
    internal bool AdmitsSender(in UCred sender)
    {
        foreach (var term in _terms)
        {
            if (term.AdmitsUser(sender) || term.AdmitsGroup(sender))
                return true;
        }

        return false;
    }

    /// <summary>The text that <see cref="Parse"/> reads. A name that cannot stand in it, such as one with a comma, is written as its
    /// number.</summary>
    public override string ToString() => string.Join(',', _terms.Select(static t => t.ToString()));

    /// <summary>The same terms in the same order.</summary>
    public bool Equals(PeerPolicy? other) => other is not null && _terms.AsSpan().SequenceEqual(other._terms);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PeerPolicy);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    private static string? Read(string text, out PeerPolicy? policy)
    {
        policy = null;
        string[] words = text.Split(',', StringSplitOptions.TrimEntries);
        var terms = new PeerPolicyTerm[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (PeerPolicyTerm.Read(words[i], out terms[i]) is { } problem)
                return problem;
        }

        policy = new PeerPolicy(terms);
        return null;
    }
}
