using Samehost.Interop;

namespace Samehost.Addresses;

/// <summary>Finds the directory that only this user can reach, where <see cref="UnixEndPoint.UserRuntime"/> puts its files.</summary>
internal static class UserRuntimeDirectory
{
    private const uint OwnerOnly = 0x1C0; // 0700
    private const uint AllPermissions = 0x1FF; // 0777

    public static string Find() => Find(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), "/tmp");

    /// <summary>The same with the two places as arguments; <paramref name="fallback"/> holds the directory that is made.</summary>
    public static string Find(string? xdgRuntimeDirectory, string fallback)
    {
        if (xdgRuntimeDirectory is ['/', ..] && xdgRuntimeDirectory.TrimEnd('/') is var given && WhyNotPrivate(given) is null)
            return given;

        // A fixed name, so that two programs of one user meet whatever their TMPDIR. Making it and looking at it afterwards leaves
        // nothing to a race: once it is ours and 0700 in a sticky /tmp, nobody else can move it away.
        string path = $"{fallback}/samehost-{LibcIdentity.EffectiveUser()}";
        _ = LibcIdentity.MakeDirectory(path, OwnerOnly); // usually it is there already, and whatever is wrong shows in the look
        return WhyNotPrivate(path) is { } reason
            ? throw new IOException($"{path} cannot be used for private sockets: it {reason}. Remove it, or set XDG_RUNTIME_DIR to a " +
                "directory of yours with mode 0700.")
            : path;
    }

    private static string? WhyNotPrivate(string path)
    {
        int result = LibcIdentity.LookAt(path, followLinks: false, out uint mode, out uint owner);
        if (result < 0)
            return "cannot be looked at";
        if ((mode & LibcIdentity.TypeMask) != LibcIdentity.TypeDirectory)
            return "is not a directory";
        if (owner != LibcIdentity.EffectiveUser())
            return $"belongs to user {owner}";
        return (mode & AllPermissions) == OwnerOnly
            ? null
            : $"has mode {Convert.ToString(mode & 0xFFF, 8).PadLeft(4, '0')} instead of 0700";
    }
}
