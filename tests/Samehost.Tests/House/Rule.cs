using Xunit;

namespace Samehost.Tests.House;

/// <summary>A rule of the house, and all that breaks it.</summary>
internal static class Rule
{
    /// <summary>Fails with one line for each exception to the rule; the test's name says what the rule is.</summary>
    public static void HasNoExceptions<T>(IEnumerable<T> exceptions)
    {
        string[] lines = [.. exceptions.Select(e => e!.ToString()!)];
        Assert.True(lines.Length == 0, string.Join('\n', lines));
    }
}
