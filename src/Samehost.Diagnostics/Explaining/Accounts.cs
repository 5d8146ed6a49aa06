using Samehost.Interop;

namespace Samehost.Diagnostics.Explaining;

/// <summary>Users and groups as sentences name them.</summary>
internal static class Accounts
{
    public static string User(uint user) =>
        LibcAccount.FindUserName(user) is { } name ? $"user {SafeText.Of(name)} ({user})" : $"user {user}";

    public static string Group(uint group) =>
        LibcAccount.FindGroupName(group) is { } name ? $"group {SafeText.Of(name)} ({group})" : $"group {group}";

    /// <summary>The name alone, or the number where there is none.</summary>
    public static string UserWord(uint user) => LibcAccount.FindUserName(user) is { } name ? SafeText.Of(name) : $"{user}";

    public static string GroupWord(uint group) => LibcAccount.FindGroupName(group) is { } name ? SafeText.Of(name) : $"{group}";
}
