using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>Distinguishes a user that really has the overflow number from one that has no number in our user namespace
/// (user_namespaces(7)).</summary>
internal static class UserNamespace
{
    private static readonly uint OverflowUser = ReadNumber("/proc/sys/kernel/overflowuid");
    private static readonly uint OverflowGroup = ReadNumber("/proc/sys/kernel/overflowgid");
    private static readonly bool MapsEveryUser = MapsAll("/proc/self/uid_map");
    private static readonly bool MapsEveryGroup = MapsAll("/proc/self/gid_map");

    /// <summary>Returns true if the number may stand for any unmapped user. If every user is mapped, it is an ordinary one.</summary>
    public static bool IsOverflowUser(uint user) => user == OverflowUser && !MapsEveryUser;

    /// <summary>Returns true if the numbers of a peer identify no user. A process of another pid namespace alone has no number here, and
    /// its user has; a message without credentials has neither.</summary>
    public static bool IsUnmapped(uint user, int process) => user == OverflowUser && (process == 0 || !MapsEveryUser);

    /// <inheritdoc cref="IsOverflowUser"/>
    public static bool IsOverflowGroup(uint group) => group == OverflowGroup && !MapsEveryGroup;

    private static uint ReadNumber(string path)
    {
        try
        {
            return Numbers.Parse<uint>(File.ReadAllText(path).TrimEnd('\n'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return 65534;
        }
    }

    private static bool MapsAll(string path)
    {
        try
        {
            var words = File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return words is ["0", _, "4294967295"];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // unknown: then the number proves nothing
        }
    }
}
