using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Samehost.Tests.House;

/// <summary>The files of this repository, without what a build makes.</summary>
internal static partial class Repository
{
    private static readonly ImmutableHashSet<string> NotOurs =
        ["bin", "obj", "artifacts", "TestResults", "node_modules", ".git", ".vs", ".idea"];

    public static string Root { get; } = FindRoot();

    public static string FullPath(string file) => Path.Combine(Root, file);

    public static string Read(string file) => File.ReadAllText(FullPath(file));

    /// <summary>Files whose name ends in one of the endings, as paths from the root with slashes, in order.</summary>
    public static string[] Files(params string[] endings) =>
        [.. Walk(Root).Select(p => Path.GetRelativePath(Root, p)).Where(p => endings.Any(p.EndsWith)).Order(StringComparer.Ordinal)];

    public static string[] FilesUnder(string folder, params string[] endings) =>
        [.. Files(endings).Where(p => p.StartsWith(folder + "/", StringComparison.Ordinal))];

    /// <summary>Every place in a file where a pattern matches, as "file:line: what".</summary>
    public static IEnumerable<string> Places(string file, string text, string pattern) =>
        Regex.Matches(text, pattern, RegexOptions.Multiline).Select(m =>
            $"{file}:{text.AsSpan(0, m.Index).Count('\n') + 1}: {m.Value.Trim()}");

    /// <summary>C# without comments and string contents, on the same lines. The code in an interpolated string's holes stays.</summary>
    public static string CodeOf(string file) => StripCode(Read(file));

    public static string StripCode(string source) => NotCode().Replace(source, m =>
        m.Value.StartsWith('$') && !m.Value.EndsWith("\"\"\"", StringComparison.Ordinal)
            ? string.Join(' ', Hole().Matches(m.Value).Select(h => $"({StripCode(h.Groups[1].Value)})"))
            : new string('\n', m.Value.Count(c => c == '\n')));

    // Raw strings, comments, verbatim strings, interpolated strings, strings, characters: whichever begins first.
    [GeneratedRegex(
        "\\$*(?<q>\"{3,})[\\s\\S]*?\\k<q>|//[^\\n]*|/\\*[\\s\\S]*?\\*/|(?:@\\$|\\$@|@)\"(?:[^\"]|\"\")*\"" +
        "|\\$\"(?:\\\\.|\\{\\{|\\{[^{}]*\\}|[^\"\\\\{\\n])*\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\[^\\n]+?|[^'\\\\\\n])'")]
    private static partial Regex NotCode();

    [GeneratedRegex(@"(?<!\{)\{([^{}]*)\}")]
    private static partial Regex Hole();

    private static IEnumerable<string> Walk(string directory)
    {
        foreach (var entry in Directory.EnumerateFiles(directory))
            yield return entry;
        foreach (var inner in Directory.EnumerateDirectories(directory).Where(d => !NotOurs.Contains(Path.GetFileName(d))))
        {
            foreach (var entry in Walk(inner))
                yield return entry;
        }
    }

    private static string FindRoot()
    {
        for (var at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "Samehost.slnx")))
                return at;
        }
        throw new InvalidOperationException("These tests read the repository: run them where they were built.");
    }
}
