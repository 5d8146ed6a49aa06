using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>The access to a file that is asked for: the bits of a permission triple.</summary>
[Flags]
internal enum AccessKinds
{
    Search = 1,
    Write = 2,
}

/// <summary>The kernel's answer to whether a user may do something with a file, and by which rule.</summary>
/// <param name="Granted">Whether it may.</param>
/// <param name="Rule">What decided: <c>owner rw-</c>, <c>others r--</c>, <c>ACL user:app:rw-</c>, <c>CAP_DAC_OVERRIDE</c>.</param>
internal readonly record struct AccessAnswer(bool Granted, string Rule);

/// <summary>Permission checks as the kernel makes them (path_resolution(7), acl(5), capabilities(7)), for any user.</summary>
internal static class AccessCheck
{
    private const uint GroupBits = 0x38; // 0070
    private const uint StickyForAll = FileStatus.S_ISVTX | FileStatus.S_IWOTH;

    public static AccessAnswer Judge(FileCredentials user, in FileStatus file, PosixAcl? acl, AccessKinds wanted)
    {
        var answer = ByPermissions(user, file, acl, (uint)wanted);
        if (answer.Granted || !IsMapped(file))
            return answer;
        // A directory may be searched and read with the smaller of the two; writing, anywhere, takes the larger.
        var isSearch = file.Type == FileStatus.S_IFDIR && (wanted & AccessKinds.Write) == 0;
        if (isSearch && user.Has(Capability.DacReadSearch))
            return new AccessAnswer(true, "CAP_DAC_READ_SEARCH");
        return user.Has(Capability.DacOverride) ? new AccessAnswer(true, "CAP_DAC_OVERRIDE") : answer;
    }

    /// <summary>A triple of permissions as ls prints it: <c>rw-</c>.</summary>
    public static string Triple(uint bits) =>
        string.Create(3, bits, static (text, b) =>
        {
            text[0] = (b & 4) != 0 ? 'r' : '-';
            text[1] = (b & 2) != 0 ? 'w' : '-';
            text[2] = (b & 1) != 0 ? 'x' : '-';
        });

    private static AccessAnswer ByPermissions(FileCredentials user, in FileStatus file, PosixAcl? acl, uint wanted)
    {
        var mode = file.Permissions;
        if (user.User == file.User)
            return Triple("owner", mode >> 6, wanted);
        // Without any permission for the group, which is the list's mask, the kernel does not look at the list.
        if (acl is not null && (mode & GroupBits) != 0)
        {
            var entry = acl.Deciding(user, file.Group, wanted, out var granted, out var isMasked);
            return new AccessAnswer(granted, Name(entry, file.Group) + (isMasked ? ", limited by the ACL's mask" : ""));
        }
        return user.IsInGroup(file.Group) ? Triple("group", mode >> 3, wanted) : Triple("others", mode, wanted);
    }

    private static AccessAnswer Triple(string who, uint bits, uint wanted) =>
        new((bits & wanted) == wanted, $"{who} {Triple(bits)}");

    private static string Name(AclEntry entry, uint owningGroup) => entry.Tag switch
    {
        AclTag.Other => $"others {Triple(entry.Permissions)}",
        AclTag.OwningGroup => "ACL " + PosixAcl.Print(new AclEntry(AclTag.Group, entry.Permissions, owningGroup)),
        _ => "ACL " + PosixAcl.Print(entry),
    };

    // A capability counts only for files whose owner has a number in our user namespace.
    private static bool IsMapped(in FileStatus file) =>
        !UserNamespace.IsOverflowUser(file.User) && !UserNamespace.IsOverflowGroup(file.Group);

    /// <summary>
    /// The kernel's rule for symbolic links in directories such as /tmp (fs.protected_symlinks, proc_sys_fs(5)): there, the last link of a
    /// path is followed only if it belongs to the user who follows it, or to the owner of the directory. The rule binds root as well.
    /// </summary>
    public static bool MayFollow(FileCredentials user, in FileStatus link, in FileStatus directory) =>
        link.User == user.User
        || link.User == directory.User
        || (directory.Mode & StickyForAll) != StickyForAll
        || !ProtectsLinks();

    private static bool ProtectsLinks()
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
