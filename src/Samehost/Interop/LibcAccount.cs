// getgrnam_r(3), getgrgid_r(3), getpwnam_r(3), getpwuid_r(3), getgrouplist(3): users and groups, wherever the system keeps them.
using System.Runtime.InteropServices;
using System.Text;

namespace Samehost.Interop;

/// <summary>The account database.</summary>
internal static unsafe partial class LibcAccount
{
    private const int ERANGE = 34;
    private const int LargestBuffer = 1 << 20;

    /// <summary>Looks up a group's number; null when there is none of that name. Returns zero or <c>-errno</c>.</summary>
    public static int FindGroup(string name, out uint? group)
    {
        group = null;
        if (name.Contains('\0'))
            return 0; // libc would look for the part before it
        byte[] text = Encoding.UTF8.GetBytes(name + '\0');
        for (int size = 4096; ; size *= 4)
        {
            byte[] buffer = new byte[size];
            Group entry;
            Group* found;
            int error;
            fixed (byte* n = text, b = buffer)
                error = getgrnam_r(n, &entry, b, (nuint)size, &found);
            if (error == ERANGE && size < LargestBuffer)
                continue; // a group with very many members
            if (error == 0 && found != null)
                group = entry.Id;
            return -error;
        }
    }

    /// <summary>The name of a user, or null when the account database does not know the number.</summary>
    public static string? FindUserName(uint user)
    {
        byte[] buffer = new byte[16384];
        User entry;
        User* found;
        fixed (byte* b = buffer)
        {
            return getpwuid_r(user, &entry, b, (nuint)buffer.Length, &found) == 0 && found != null
                ? Marshal.PtrToStringUTF8((nint)entry.Name)
                : null;
        }
    }

    /// <summary>Looks up a user's number; null when there is none of that name. Returns zero or <c>-errno</c>.</summary>
    public static int FindUser(string name, out uint? user)
    {
        user = null;
        if (name.Contains('\0'))
            return 0; // libc would look for the part before it
        byte[] text = Encoding.UTF8.GetBytes(name + '\0');
        byte[] buffer = new byte[16384];
        User entry;
        User* found;
        int error;
        fixed (byte* n = text, b = buffer)
            error = getpwnam_r(n, &entry, b, (nuint)buffer.Length, &found);
        user = error == 0 && found != null ? entry.Id : null;
        return -error;
    }

    /// <summary>The groups that a user gets at login, the main one first; empty when the account database does not know the user.</summary>
    public static uint[] FindGroupsOf(uint user)
    {
        byte[] buffer = new byte[16384];
        User entry;
        User* found;
        fixed (byte* b = buffer)
        {
            if (getpwuid_r(user, &entry, b, (nuint)buffer.Length, &found) != 0 || found == null)
                return [];
            for (int room = 64; ; room *= 4)
            {
                uint[] groups = new uint[room];
                int count = room;
                fixed (uint* g = groups)
                {
                    if (getgrouplist(entry.Name, entry.GroupId, g, &count) >= 0)
                        return groups[..count];
                }
                if (room >= LargestBuffer)
                    return [entry.GroupId];
            }
        }
    }

    /// <summary>The name of a group, or null when the account database does not know the number.</summary>
    public static string? FindGroupName(uint group)
    {
        for (int size = 4096; ; size *= 4)
        {
            byte[] buffer = new byte[size];
            Group entry;
            Group* found;
            fixed (byte* b = buffer)
            {
                int error = getgrgid_r(group, &entry, b, (nuint)size, &found);
                if (error == ERANGE && size < LargestBuffer)
                    continue; // a group with very many members
                return error == 0 && found != null ? Marshal.PtrToStringUTF8((nint)entry.Name) : null;
            }
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
