using System.Diagnostics.CodeAnalysis;
using Samehost.Interop;
using Samehost.Peers;

namespace Samehost;

/// <summary>
/// Who may talk to us: a list of users and groups, any of which admits. Decided on the user, group and supplementary groups that the kernel
/// vouches for; never on a process number, a path, or anything that the peer says itself.
/// </summary>
/// <example><code>
/// var policy = PeerPolicy.Parse("self,root,group:docker");
/// </code></example>
public sealed class PeerPolicy : IEquatable<PeerPolicy>
{
    private readonly PeerPolicyTerm[] _terms;

    private PeerPolicy(PeerPolicyTerm[] terms) => _terms = terms;

    /// <summary>Our own user, and root; the default.</summary>
    public static PeerPolicy SelfAndRoot { get; } = Parse("self,root");

    /// <summary>Everybody who can reach the address.</summary>
    public static PeerPolicy Anyone { get; } = Parse("anyone");

    /// <summary>
    /// Reads a policy from text, terms with commas between: <c>self</c> (our effective user), <c>root</c>, <c>user:NAME</c>,
    /// <c>uid:NUMBER</c>, <c>group:NAME</c>, <c>gid:NUMBER</c>, <c>anyone</c>. Names are looked up now.
    /// </summary>
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

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
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
