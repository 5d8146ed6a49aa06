using System.Globalization;
using System.Runtime.InteropServices;
using Samehost.Inspection;

namespace Samehost.Diagnostics;

/// <summary>The one answer of a <see cref="UnixExplanation"/>: whether the call would work, and if not why, and what to change.</summary>
public sealed class UnixVerdict
{
    private readonly Verdict _verdict;

    internal UnixVerdict(Verdict verdict) => _verdict = verdict;

    /// <summary>Whether the call would work.</summary>
    public UnixOutcome Outcome => (UnixOutcome)_verdict.Outcome;

    /// <summary>What the call would fail with; <see cref="Errno.None"/> unless it would fail.</summary>
    public Errno Errno => _verdict.Errno;

    /// <summary>Why, in a sentence or two.</summary>
    public string Reason => _verdict.Reason;

    /// <summary>What to change, in a sentence or two; null when nothing has to.</summary>
    public string? Remedy => _verdict.Remedy;

    /// <summary>Who has to change it.</summary>
    public ResponsibleParty ResponsibleParty => (ResponsibleParty)_verdict.Party;

    /// <summary>The errno as text, name and number: <c>Permission denied (EACCES, 13)</c>; null unless the call would fail.</summary>
    public string? ErrnoText => Outcome == UnixOutcome.Fails
        ? string.Create(CultureInfo.InvariantCulture, $"{Marshal.GetPInvokeErrorMessage((int)Errno)} ({Errno}, {(int)Errno})")
        : null;
}

/// <summary>The outcome of a call that is not made.</summary>
public enum UnixOutcome
{
    /// <summary>It would succeed.</summary>
    Works,

    /// <summary>It would fail; the errno says with what.</summary>
    Fails,

    /// <summary>It is not known, because this process may not see all that decides.</summary>
    Unknown,
}

/// <summary>The party that has to change something for a call to work.</summary>
public enum ResponsibleParty
{
    /// <summary>Nothing has to change.</summary>
    None,

    /// <summary>The caller: another path, another type of socket, another user.</summary>
    Caller,

    /// <summary>The program that listens, or should: started, restarted, or set up otherwise.</summary>
    Server,

    /// <summary>The owner of the files and directories of the path: their permissions.</summary>
    Owner,
}
