using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using Samehost.Addresses;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.Diagnostics;

/// <summary>
/// A user as file permissions see it: user number, groups, and whether it has root's exemptions from them (credentials(7)).
/// </summary>
[TypeConverter(typeof(ParsableConverter<UnixUser>))]
public sealed class UnixUser : IParsable<UnixUser>
{
    /// <summary>A user by its numbers; number 0 is root, with as many capabilities as this process could ever have.</summary>
    /// <param name="userId">The user number that file permissions are checked against: as a rule the effective one.</param>
    /// <param name="groupId">The number of the main group.</param>
    /// <param name="groups">The numbers of the supplementary groups; null for none.</param>
    public UnixUser(uint userId, uint groupId, IReadOnlyList<uint>? groups = null)
    {
        ulong bounding = 0;
        if (userId == 0)
            _ = Own(out bounding);
        Credentials = new FileCredentials(userId, groupId, groups ?? [], bounding);
    }

    private UnixUser(FileCredentials credentials) => Credentials = credentials;

    /// <summary>The user that the calling thread is to the file system, with its groups and capabilities of this moment.</summary>
    /// <exception cref="UnixSocketException">ENOENT: /proc is not mounted.</exception>
    public static UnixUser Current => new(Own(out _));

    /// <summary>The user number.</summary>
    public uint UserId => Credentials.User;

    /// <summary>The number of the main group.</summary>
    public uint GroupId => Credentials.Group;

    /// <summary>The numbers of the supplementary groups.</summary>
    public IReadOnlyList<uint> Groups => Credentials.Groups;

    /// <summary>The user's name, or null when the system does not know the number.</summary>
    public string? Name => LibcAccount.FindUserName(UserId);

    /// <summary>Whether it may read and write whatever the permissions say (CAP_DAC_OVERRIDE, capabilities(7)).</summary>
    public bool IgnoresPermissions => Credentials.Has(Capability.DacOverride);

    internal FileCredentials Credentials { get; }

    /// <summary>
    /// Reads <c>NAME</c>, <c>NUMBER</c>, or either with groups behind a colon, the main one first: <c>app:app,www-data</c>. Without groups,
    /// a user that the system knows has those of its login, and another number has the group of the same number.
    /// </summary>
    /// <param name="s">The text.</param>
    /// <exception cref="FormatException">The system has no such user or group; the message names it.</exception>
    public static UnixUser Parse(string s)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Read(s, out var problem) ?? throw new FormatException(problem);
    }

    /// <summary>Reads what <see cref="Parse(string)"/> reads, and returns false for other text.</summary>
    /// <param name="s">The text.</param>
    /// <param name="result">The user, or null.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, [NotNullWhen(true)] out UnixUser? result) =>
        (result = s is null ? null : Read(s, out _)) is not null;

    static UnixUser IParsable<UnixUser>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<UnixUser>.TryParse(
        [NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out UnixUser result) => TryParse(s, out result);

    /// <summary>Whether the group is one of the user's, the main one included.</summary>
    public bool IsInGroup(uint group) => Credentials.IsInGroup(group);

    /// <summary>For messages: <c>user www-data (33)</c>, or <c>user 12345</c> when the number has no name.</summary>
    public override string ToString() => Credentials.ToString();

    private static FileCredentials Own(out ulong bounding) =>
        FileCredentials.OfThisThread(out var own, out bounding) is < 0 and var errno
            ? throw new UnixSocketException((Errno)(-errno), "read /proc", hint: "The calling user cannot be seen: is /proc mounted?")
            : own!;

    private static UnixUser? Read(string text, out string? problem)
    {
        var parts = text.Split(':', 2);
        problem = null;
        if ((Number(parts[0]) ?? FindUser(parts[0])) is not { } user)
        {
            problem = $"There is no user named \"{PrintableText.Of(parts[0])}\": getent passwd lists them.";
            return null;
        }
        var groups = new List<uint>();
        if (parts.Length < 2)
            groups.AddRange(LibcAccount.FindGroupsOf(user));
        foreach (var name in parts.Length < 2 ? [] : parts[1].Split(','))
        {
            if ((Number(name) ?? FindGroup(name)) is not { } group)
            {
                problem = $"There is no group named \"{PrintableText.Of(name)}\": getent group lists them.";
                return null;
            }
            groups.Add(group);
        }
        return groups.Count > 0 ? new UnixUser(user, groups[0], [.. groups.Skip(1)]) : new UnixUser(user, user);
    }

    private static uint? Number(string text) =>
        Numbers.TryParse(text, out uint number) && number != uint.MaxValue ? number : null;

    private static uint? FindUser(string name)
    {
        _ = LibcAccount.FindUser(name, out var user);
        return user;
    }

    private static uint? FindGroup(string name)
    {
        _ = LibcAccount.FindGroup(name, out var group);
        return group;
    }
}
