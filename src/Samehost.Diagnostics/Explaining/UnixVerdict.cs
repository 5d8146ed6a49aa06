using System.Globalization;
using System.Runtime.InteropServices;

namespace Samehost.Diagnostics;

/// <summary>The one answer of a <see cref="UnixExplanation"/>: whether the call would work, and if not why, and what to change.</summary>
public sealed class UnixVerdict
{
    internal UnixVerdict(UnixOutcome outcome, Errno errno, string reason, string? remedy, ResponsibleParty party)
    {
        Outcome = outcome;
        Errno = errno;
        Reason = reason;
        Remedy = remedy;
        ResponsibleParty = party;
    }

    /// <summary>Whether the call would work.</summary>
    public UnixOutcome Outcome { get; }

    /// <summary>What the call would fail with; <see cref="Errno.None"/> unless it would fail.</summary>
    public Errno Errno { get; }

    /// <summary>Why, in a sentence or two.</summary>
    public string Reason { get; }

    /// <summary>What to change, in a sentence or two; null when nothing has to.</summary>
    public string? Remedy { get; }

    /// <summary>Who has to change it.</summary>
    public ResponsibleParty ResponsibleParty { get; }

    /// <summary>The errno as text, name and number: <c>Permission denied (EACCES, 13)</c>; null unless the call would fail.</summary>
    public string? ErrnoText => Outcome == UnixOutcome.Fails
        ? string.Create(CultureInfo.InvariantCulture, $"{Marshal.GetPInvokeErrorMessage((int)Errno)} ({Errno}, {(int)Errno})")
        : null;

    internal static UnixVerdict Works(string reason) => new(UnixOutcome.Works, Errno.None, reason, null, ResponsibleParty.None);

    internal static UnixVerdict Fails(Errno errno, string reason, ResponsibleParty party, string remedy) =>
        new(UnixOutcome.Fails, errno, reason, remedy, party);

    internal static UnixVerdict Unknown(string reason, string remedy) =>
        new(UnixOutcome.Unknown, Errno.None, reason, remedy, ResponsibleParty.Caller);
}
