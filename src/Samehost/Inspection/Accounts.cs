using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>Users and groups as sentences name them.</summary>
internal static class Accounts
{
    public static string User(uint user) =>
        LibcAccount.FindUserName(user) is { } name ? $"user {Text.Safe(name)} ({user})" : $"user {user}";

    public static string Group(uint group) =>
        LibcAccount.FindGroupName(group) is { } name ? $"group {Text.Safe(name)} ({group})" : $"group {group}";

    /// <summary>The name alone, or the number where there is none.</summary>
    public static string UserWord(uint user) => LibcAccount.FindUserName(user) is { } name ? Text.Safe(name) : $"{user}";

    public static string GroupWord(uint group) => LibcAccount.FindGroupName(group) is { } name ? Text.Safe(name) : $"{group}";
}
