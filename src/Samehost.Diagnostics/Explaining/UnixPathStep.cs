using Samehost.Inspection;

namespace Samehost.Diagnostics;

/// <summary>Represents one step of a path: the file, and whether the user gets past it.</summary>
/// <remarks>Every text is one harmless line: names have their control characters escaped.</remarks>
public sealed class UnixPathStep
{
    private readonly PathStep _step;

    internal UnixPathStep(PathStep step) => _step = step;

    /// <summary>Where the step stands, symbolic links before it followed.</summary>
    public string Path => _step.Path;

    /// <summary>Gets the kind of the file.</summary>
    public UnixFileKind Kind => (UnixFileKind)_step.Kind;

    /// <summary>Its owner; null if the file does not exist or cannot be seen.</summary>
    public uint? UserId => _step.Status?.User;

    /// <summary>Its group; null if the file does not exist or cannot be seen.</summary>
    public uint? GroupId => _step.Status?.Group;

    /// <summary>Its owner and group by name, by number where there is none: <c>root:adm</c>. Looked up at each call.</summary>
    public string? Owner => _step.Status is { } status
        ? $"{PrintableText.UserName(status.User)}:{PrintableText.GroupName(status.Group)}" : null;

    /// <summary>Its permissions, with the set-id and sticky bits; null if the file does not exist or cannot be seen.</summary>
    public UnixFileMode? Mode => _step.Status is { } status ? (UnixFileMode)(status.Mode & 0xFFF) : null;

    /// <summary>The entries of its access control list as getfacl(1) prints them, without the owner's; empty when it has none.</summary>
    public IReadOnlyList<string> Acl => _step.Acl;

    /// <summary>Where a symbolic link leads, as it is written in the link; otherwise null.</summary>
    public string? LinkTarget => _step.LinkTarget;

    /// <summary>The type of the file system, where another begins at this step (the first step has one too); else null.</summary>
    public string? FileSystem => _step.FileSystem;

    /// <summary>Whether that file system is mounted read-only.</summary>
    public bool IsReadOnly => _step.IsReadOnly;

    /// <summary>The access that is needed: <c>search</c>, <c>write</c>, <c>follow</c>; null when none is.</summary>
    public string? Asked => _step.Asked;

    /// <summary>The rule that grants or denies it, such as <c>others r-x</c>, <c>ACL user:app:rw-</c> or
    /// <c>CAP_DAC_OVERRIDE</c>.</summary>
    public string? Rule => _step.Rule;

    /// <summary>What the call would fail with here; <see cref="Errno.None"/> when the user gets past it.</summary>
    public Errno Errno => _step.Errno;

    /// <summary>The mode as ls(1) prints it, with a + behind it for an access control list; null where there is no mode.</summary>
    public string? ModeText => Mode is { } mode ? Print(Kind, (uint)mode) + (Acl.Count > 0 ? "+" : "") : null;

    /// <summary>Type and mode in the ten characters of ls(1).</summary>
    private static string Print(UnixFileKind kind, uint mode)
    {
        Span<char> text = stackalloc char[10];
        text[0] = kind switch
        {
            UnixFileKind.Directory => 'd',
            UnixFileKind.Socket => 's',
            UnixFileKind.SymbolicLink => 'l',
            UnixFileKind.Fifo => 'p',
            UnixFileKind.Device => 'c',
            _ => '-',
        };
        for (var who = 0; who < 3; who++)
            AccessCheck.Triple(mode >> (6 - (3 * who))).CopyTo(text[(1 + (3 * who))..]);
        Special(ref text[3], mode & 0x800, 's'); // set-user-id
        Special(ref text[6], mode & 0x400, 's'); // set-group-id
        Special(ref text[9], mode & 0x200, 't'); // sticky
        return new string(text);
    }

    private static void Special(ref char place, uint isSet, char letter)
    {
        if (isSet != 0)
            place = place == 'x' ? letter : char.ToUpperInvariant(letter);
    }
}

/// <summary>What stands at a step of a path (inode(7)).</summary>
public enum UnixFileKind
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>It cannot be seen from this process.</summary>
    Hidden,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A socket file.</summary>
    Socket,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A regular file.</summary>
    RegularFile,

    /// <summary>A named pipe.</summary>
    Fifo,

    /// <summary>A character or block device.</summary>
    Device,
}
