using Samehost.Diagnostics.Explaining;

namespace Samehost.Diagnostics;

/// <summary>One step of the way that a path leads: what is there, and whether the user gets past it.</summary>
/// <remarks>Every text is one harmless line: names have their control characters escaped.</remarks>
public sealed class UnixPathStep
{
    internal UnixPathStep(string path, UnixFileKind kind)
    {
        Path = path;
        Kind = kind;
    }

    /// <summary>Where the step stands, symbolic links before it followed.</summary>
    public string Path { get; }

    /// <summary>What is there.</summary>
    public UnixFileKind Kind { get; }

    /// <summary>Its owner; null when nothing is there or it cannot be seen.</summary>
    public uint? UserId { get; internal init; }

    /// <summary>Its group; null when nothing is there or it cannot be seen.</summary>
    public uint? GroupId { get; internal init; }

    /// <summary>Its owner and group by name, by number where there is none: <c>root:adm</c>. Looked up at each call.</summary>
    public string? Owner => UserId is { } user && GroupId is { } group ? $"{Accounts.UserWord(user)}:{Accounts.GroupWord(group)}" : null;

    /// <summary>Its permissions, with the set-id and sticky bits; null when nothing is there or it cannot be seen.</summary>
    public UnixFileMode? Mode { get; internal init; }

    /// <summary>The entries of its access control list as getfacl(1) prints them, without the owner's; empty when it has none.</summary>
    public IReadOnlyList<string> Acl { get; internal init; } = [];

    /// <summary>Where a symbolic link leads, as it is written in the link; otherwise null.</summary>
    public string? LinkTarget { get; internal init; }

    /// <summary>The type of the file system, where another begins at this step (the first step has one too); else null.</summary>
    public string? FileSystem { get; internal init; }

    /// <summary>Whether that file system is mounted read-only.</summary>
    public bool IsReadOnly { get; internal init; }

    /// <summary>What was asked of it: <c>search</c>, <c>write</c>, <c>follow</c>; null when nothing was.</summary>
    public string? Asked { get; internal set; }

    /// <summary>By which rule it was granted or denied, such as <c>others r-x</c>, <c>ACL user:app:rw-</c> or
    /// <c>CAP_DAC_OVERRIDE</c>.</summary>
    public string? Rule { get; internal set; }

    /// <summary>What the call would fail with here; <see cref="Errno.None"/> when the user gets past it.</summary>
    public Errno Errno { get; internal set; }

    /// <summary>The mode as ls(1) prints it, with a + behind it for an access control list; null where there is no mode.</summary>
    public string? ModeText => Mode is { } mode ? ModePrinter.Print(Kind, (uint)mode) + (Acl.Count > 0 ? "+" : "") : null;
}
