using System.Text;
using Samehost.Interop;

namespace Samehost.Addresses;

/// <summary>Finds the directory of <see cref="UnixEndPoint.UserRuntime"/>, which only this user can access.</summary>
internal static class UserRuntimeDirectory
{
    private const uint OwnerOnly = 0x1C0; // 0700

    public static string Find() => Find(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), "/tmp");

    /// <summary>Finds it for a value of the variable; the directory is created in <paramref name="fallback"/> if need be.</summary>
    public static string Find(string? xdgRuntimeDirectory, string fallback)
    {
        if (xdgRuntimeDirectory is ['/', ..] && xdgRuntimeDirectory.TrimEnd('/') is var given && WhyNotPrivate(given) is null)
            return given;

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
