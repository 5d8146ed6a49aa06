using System.Text.RegularExpressions;

namespace Samehost.PeerTests.HowTo;

/// <summary>A page of docs/how-to: its program is the first C# block, and the next block, of plain text, is what that prints.</summary>
internal sealed class HowToPage
{
    private HowToPage(string program, string[] output) => (Program, Output) = (program, output);

    public string Program { get; }

    /// <summary>The lines that the program prints; <c>…</c> stands for whatever is there.</summary>
    public string[] Output { get; }

    /// <summary>What a part of a page prints, to be held against what it does print.</summary>
    public static HowToPage Of(PageBlock program, PageBlock output) => new(program.Content, Lines(output.Content));

    public static HowToPage Parse(string text)
    {
        PageBlock[] blocks = PageBlock.All(text);
        int first = Array.FindIndex(blocks, b => b.Language == "csharp");
        if (first < 0)
            throw new FormatException("The page has no program: a block that begins with ```csharp.");
        if (first + 1 == blocks.Length || blocks[first + 1].Language != "text")
            throw new FormatException("The page does not say what its program prints: the block after the program begins with ```text.");
        return Of(blocks[first], blocks[first + 1]);
    }

    /// <summary>What is printed other than the page says; null when nothing is.</summary>
    public string? DifferenceFrom(string printed)
    {
        string[] lines = Lines(printed);
        int at = 0;
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
