namespace Samehost.PeerTests.HowTo;

/// <summary>
/// A page to be walked through: its program is a service, the shell commands behind it are typed one block after the other, and each
/// block of plain text is what the commands before it print. Other blocks are files, called after their language.
/// </summary>
internal sealed class HowToWalk
{
    private const string Mark = "-- next step --";

    private readonly PageBlock[] _blocks;

    private HowToWalk(PageBlock[] blocks) => _blocks = blocks;

    public string Program => _blocks[0].Content;

    /// <summary>The files that the page shows, by language.</summary>
    public IEnumerable<PageBlock> Files => _blocks.Where(b => b.Language is not ("csharp" or "sh" or "text"));

    private IEnumerable<HowToPage> Steps => _blocks.Zip(_blocks.Skip(1))
        .Where(pair => pair.First.Language == "sh").Select(pair => HowToPage.Of(pair.First, pair.Second));

    public static bool IsOne(string page) => PageBlock.All(page) is [{ Language: "csharp" }, { Language: "sh" }, ..];

    /// <param name="page">A page.</param>
    /// <param name="replacements">What stands in the page, and where it is in the test.</param>
    public static HowToWalk Parse(string page, IReadOnlyDictionary<string, string> replacements)
    {
        foreach (var (there, here) in replacements)
        {
            if (!page.Contains(there, StringComparison.Ordinal))
                throw new FormatException($"The page does not have {there}.");
            page = page.Replace(there, here);
        }

        PageBlock[] blocks = PageBlock.All(page);
        if (blocks.Zip(blocks.Skip(1)).Any(pair => pair.First.Language == "sh" && pair.Second.Language != "text"))
            throw new FormatException("The page does not say what its commands print: the block after commands begins with ```text.");
        return new HowToWalk(blocks);
    }

    /// <summary>All commands, with a mark behind each step.</summary>
    public string Script() => string.Concat(Steps.Select(s => $"{s.Program}echo '{Mark}'\n"));

    /// <summary>What is printed other than the page says; null when nothing is.</summary>
    public string? DifferenceFrom(string printed)
    {
        string[] parts = printed.Split(Mark + "\n");
        HowToPage[] steps = [.. Steps];
        return steps.Zip(parts).Select(pair => pair.First.DifferenceFrom(pair.Second)).FirstOrDefault(d => d is not null)
            ?? (parts.Length == steps.Length + 1 ? null : $"{parts.Length - 1} of {steps.Length} steps were taken.");
    }
}
