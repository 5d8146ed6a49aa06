using System.Text.RegularExpressions;

namespace Samehost.PeerTests.HowTo;

/// <summary>A fenced block of a page.</summary>
internal sealed partial record PageBlock(string Language, string Content)
{
    public static PageBlock[] All(string text) =>
        [.. Block().Matches(text).Select(m => new PageBlock(m.Groups["language"].Value, m.Groups["content"].Value))];

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<content>(?:(?!```).*\n)*)```$", RegexOptions.Multiline)]
    private static partial Regex Block();
}
