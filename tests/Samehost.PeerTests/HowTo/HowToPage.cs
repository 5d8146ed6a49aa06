using System.Text.RegularExpressions;

namespace Samehost.PeerTests.HowTo;

/// <summary>
/// A page of docs/how-to: its program is the first C# block, and the next block, of plain text, is the output of the program.
/// </summary>
internal sealed class HowToPage
{
    private HowToPage(string program, string[] output) => (Program, Output) = (program, output);

    public string Program { get; }

    /// <summary>The lines that the program prints; <c>…</c> matches any text.</summary>
    public string[] Output { get; }

    /// <summary>Returns a part of a page: commands and their output.</summary>
    public static HowToPage Of(PageBlock program, PageBlock output) => new(program.Content, Lines(output.Content));

    public static HowToPage Parse(string text)
    {
        var blocks = PageBlock.All(text);
        var first = Array.FindIndex(blocks, b => b.Language == "csharp");
        if (first < 0)
            throw new FormatException("The page has no program: a block that begins with ```csharp.");
        if (first + 1 == blocks.Length || blocks[first + 1].Language != "text")
            throw new FormatException("The page does not say what its program prints: the block after the program begins with ```text.");
        return Of(blocks[first], blocks[first + 1]);
    }

    /// <summary>Returns the first difference from the page; null when there is none.</summary>
    public string? DifferenceFrom(string printed)
    {
        var lines = Lines(printed);
        var at = 0;
        while (at < lines.Length && at < Output.Length && IsLike(lines[at], Output[at]))
            at++;
        return at == lines.Length && at == Output.Length
            ? null
            : $"""
                Line {at + 1} is {Quoted(lines, at)} where the page has {Quoted(Output, at)}. All that was printed:
                {printed}
                """;
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');

    private static bool IsLike(string line, string pattern) =>
        Regex.IsMatch(line, $@"\A{string.Join(".*", pattern.Split('…').Select(Regex.Escape))}\z");

    private static string Quoted(string[] lines, int at) => at < lines.Length ? $"\"{lines[at]}\"" : "nothing";
}

/// <summary>
/// A page whose program is a service, followed by steps: each block of shell commands is run, and the block of plain text after it is its
/// output. Other blocks are files, named after their language.
/// </summary>
internal sealed class HowToSteps
{
    private const string Mark = "-- next step --";

    private readonly PageBlock[] _blocks;

    private HowToSteps(PageBlock[] blocks) => _blocks = blocks;

    public string Program => _blocks[0].Content;

    /// <summary>The files that the page shows, by language.</summary>
    public IEnumerable<PageBlock> Files => _blocks.Where(b => b.Language is not ("csharp" or "sh" or "text"));

    private IEnumerable<HowToPage> Steps => _blocks.Zip(_blocks.Skip(1))
        .Where(pair => pair.First.Language == "sh").Select(pair => HowToPage.Of(pair.First, pair.Second));

    public static bool HasSteps(string page) => PageBlock.All(page) is [{ Language: "csharp" }, { Language: "sh" }, ..];

    /// <param name="page">A page.</param>
    /// <param name="replacements">Texts of the page, and what replaces them in the test.</param>
    public static HowToSteps Parse(string page, IReadOnlyDictionary<string, string> replacements)
    {
        foreach (var (text, replacement) in replacements)
        {
            if (!page.Contains(text, StringComparison.Ordinal))
                throw new FormatException($"The page does not have {text}.");
            page = page.Replace(text, replacement);
        }

        var blocks = PageBlock.All(page);
        if (blocks.Zip(blocks.Skip(1)).Any(pair => pair.First.Language == "sh" && pair.Second.Language != "text"))
            throw new FormatException("The page does not say what its commands print: the block after commands begins with ```text.");
        return new HowToSteps(blocks);
    }

    /// <summary>Returns all commands, with a mark after each step.</summary>
    public string Script() => string.Concat(Steps.Select(s => $"{s.Program}echo '{Mark}'\n"));

    /// <summary>Returns the first difference from the page; null when there is none.</summary>
    public string? DifferenceFrom(string printed)
    {
        var parts = printed.Split(Mark + "\n");
        HowToPage[] steps = [.. Steps];
        return steps.Zip(parts).Select(pair => pair.First.DifferenceFrom(pair.Second)).FirstOrDefault(d => d is not null)
            ?? (parts.Length == steps.Length + 1 ? null : $"{parts.Length - 1} of {steps.Length} steps were run.");
    }
}

/// <summary>A fenced block of a page.</summary>
internal sealed partial record PageBlock(string Language, string Content)
{
    public static PageBlock[] All(string text) =>
        [.. Block().Matches(text).Select(m => new PageBlock(m.Groups["language"].Value, m.Groups["content"].Value))];

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<content>(?:(?!```).*\n)*)```$", RegexOptions.Multiline)]
    private static partial Regex Block();
}
