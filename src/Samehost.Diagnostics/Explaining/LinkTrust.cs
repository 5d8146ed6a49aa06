using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>
/// The kernel's rule against traps in directories such as /tmp (fs.protected_symlinks, proc_sys_fs(5)): there, the last link of a path is
/// followed only if it belongs to who follows it, or to the owner of the directory. It binds root as well.
/// </summary>
internal static class LinkTrust
{
    private const uint StickyForAll = FileStatus.S_ISVTX | FileStatus.S_IWOTH;

    public static bool Allows(UnixUser user, WalkPoint link, WalkPoint directory) =>
        link.Status.User == user.UserId
        || link.Status.User == directory.Status.User
        || (directory.Status.Mode & StickyForAll) != StickyForAll
        || !IsInForce();

    private static bool IsInForce()
    {
        try
        {
            return File.ReadAllText("/proc/sys/fs/protected_symlinks").Trim() != "0";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return true; // as it is nearly everywhere
        }
    }
}
