using System.Text;
using Samehost.Interop;

namespace Samehost.Addresses;

/// <summary>Finds the directory of <see cref="UnixEndPoint.UserRuntime"/>, which only this user can access.</summary>
internal static class UserRuntimeDirectory
{
    private const uint OwnerOnly = 0x1C0; // 0700

    public static string Find() => Find(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), "/run/user", "/tmp");

    /// <summary>Finds it for a value of the variable; the last one is created if need be.</summary>
    /// <param name="xdgRuntimeDirectory">The directory of the session, which is set for programs of the session only.</param>
    /// <param name="sessions">Where the directories of sessions are, named by user number (pam_systemd(8)); cron, su and system services
    /// do not set the variable, and find here what the user's session uses.</param>
    /// <param name="fallback">Where to create a directory if there is no other.</param>
    public static string Find(string? xdgRuntimeDirectory, string sessions, string fallback)
    {
        if (xdgRuntimeDirectory is ['/', ..] && xdgRuntimeDirectory.TrimEnd('/') is var given && WhyNotPrivate(given) is null)
            return given;
        if ($"{sessions}/{LibcIdentity.EffectiveUser()}" is var session && WhyNotPrivate(session) is null)
            return session;

        // A fixed name, so that two programs of one user find each other whatever their TMPDIR is. Creating it first and checking it
        // afterwards excludes races: a directory that is ours and 0700 in a sticky /tmp cannot be renamed by another user.
        var path = $"{fallback}/samehost-{LibcIdentity.EffectiveUser()}";
        _ = LibcIdentity.MakeDirectory(path, OwnerOnly); // usually it exists; every other problem shows in the check
        return WhyNotPrivate(path) is { } reason
            ? throw new IOException($"{path} cannot be used for private sockets: it {reason}. Remove it, or set XDG_RUNTIME_DIR to a " +
                "directory of yours with mode 0700.")
            : path;
    }

    private static string? WhyNotPrivate(string path)
    {
        if (LibcFile.LinkStatus(Encoding.UTF8.GetBytes(path), out var status) < 0)
            return "cannot be accessed";
        if (status.Type != FileStatus.S_IFDIR)
            return "is not a directory";
        if (status.User != LibcIdentity.EffectiveUser())
            return $"belongs to user {status.User}";
        return status.Permissions == OwnerOnly
            ? null
            : $"has mode {Convert.ToString(status.Mode & 0xFFF, 8).PadLeft(4, '0')} instead of 0700";
    }
}
