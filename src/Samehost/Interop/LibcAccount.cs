// getgrnam_r(3), getgrgid_r(3), getpwnam_r(3), getpwuid_r(3), getgrouplist(3): users and groups, wherever the system keeps them.
using System.Runtime.InteropServices;
using System.Text;

namespace Samehost.Interop;

/// <summary>Looks up users and groups in the account database.</summary>
internal static unsafe partial class LibcAccount
{
    private const int ERANGE = 34;
    private const int LargestBuffer = 1 << 20;

    /// <summary>A call that writes an entry to a buffer; returns zero or the error number.</summary>
    private delegate int Lookup(byte* buffer, nuint size);

    private delegate int LookupByName(byte[] name, byte* buffer, nuint size);

    /// <summary>Looks up the number of a group; null if there is none of that name. Returns zero or <c>-errno</c>.</summary>
    public static int FindGroup(string name, out uint? group)
    {
        uint? id = null;
        var result = Find(name, (text, buffer, size) =>
        {
            Group entry;
            Group* found;
            int error;
            fixed (byte* n = text)
                error = getgrnam_r(n, &entry, buffer, size, &found);
            id = error == 0 && found != null ? entry.Id : null;
            return error;
        });
        group = id;
        return result;
    }

    /// <summary>Looks up the number of a user; null if there is none of that name. Returns zero or <c>-errno</c>.</summary>
    public static int FindUser(string name, out uint? user)
    {
        uint? id = null;
        var result = Find(name, (text, buffer, size) =>
        {
            User entry;
            User* found;
            int error;
            fixed (byte* n = text)
                error = getpwnam_r(n, &entry, buffer, size, &found);
            id = error == 0 && found != null ? entry.Id : null;
            return error;
        });
        user = id;
        return result;
    }

    /// <summary>Returns the name of a user, or null if the account database has none.</summary>
    public static string? FindUserName(uint user)
    {
        string? name = null;
        _ = Find((buffer, size) =>
        {
            User entry;
            User* found;
            var error = getpwuid_r(user, &entry, buffer, size, &found);
            if (error == 0 && found != null)
                name = Marshal.PtrToStringUTF8((nint)entry.Name);
            return error;
        });
        return name;
    }

    /// <summary>Returns the name of a group, or null if the account database has none.</summary>
    public static string? FindGroupName(uint group)
    {
        string? name = null;
        _ = Find((buffer, size) =>
        {
            Group entry;
            Group* found;
            var error = getgrgid_r(group, &entry, buffer, size, &found);
            if (error == 0 && found != null)
                name = Marshal.PtrToStringUTF8((nint)entry.Name);
            return error;
        });
        return name;
    }

    /// <summary>Returns the groups of a user at login, the main one first; none if the account database has no such user.</summary>
    public static uint[] FindGroupsOf(uint user)
    {
        uint[] groups = [];
        _ = Find((buffer, size) =>
        {
            User entry;
            User* found;
            var error = getpwuid_r(user, &entry, buffer, size, &found);
            if (error == 0 && found != null)
                groups = ReadGroups(entry);
            return error;
        });
        return groups;
    }

    private static uint[] ReadGroups(User user)
    {
        for (var size = 64; ; size *= 4)
        {
            var groups = new uint[size];
            var count = size;
            fixed (uint* g = groups)
            {
                if (getgrouplist(user.Name, user.GroupId, g, &count) >= 0)
                    return groups[..count];
            }

            if (size >= LargestBuffer)
                return [user.GroupId];
        }
    }

    private static int Find(string name, LookupByName lookup)
    {
        if (name.Contains('\0'))
            return 0; // libc would look for the part before it
        var text = Encoding.UTF8.GetBytes(name + '\0');
        return Find((buffer, size) => lookup(text, buffer, size));
    }

    /// <summary>Calls with a buffer that grows until the entry fits, which may be a group with very many members.</summary>
    private static int Find(Lookup lookup)
    {
        for (var size = 4096; ; size *= 4)
        {
            var buffer = new byte[size];
            int error;
            fixed (byte* b = buffer)
                error = lookup(b, (nuint)size);
            if (error != ERANGE || size >= LargestBuffer)
                return -error;
        }
    }

    private struct Group
    {
#pragma warning disable CS0649 // written by libc
        public byte* Name;
        public byte* Password;
        public uint Id;
        public byte** Members;
    }

    private struct User
    {
        public byte* Name;
        public byte* Password;
        public uint Id;
        public uint GroupId;
        public byte* Comment;
        public byte* Home;
        public byte* Shell;
#pragma warning restore CS0649
    }

    [LibraryImport("libc")]
    private static partial int getgrouplist(byte* name, uint group, uint* groups, int* count);

    [LibraryImport("libc")]
    private static partial int getgrnam_r(byte* name, Group* entry, byte* buffer, nuint size, Group** found);

    [LibraryImport("libc")]
    private static partial int getgrgid_r(uint group, Group* entry, byte* buffer, nuint size, Group** found);

    [LibraryImport("libc")]
    private static partial int getpwnam_r(byte* name, User* entry, byte* buffer, nuint size, User** found);

    [LibraryImport("libc")]
    private static partial int getpwuid_r(uint user, User* entry, byte* buffer, nuint size, User** found);
}
