using System.Text.RegularExpressions;

namespace Samehost.Tests.House;

/// <summary>A type that a source file declares, nested ones apart: it begins in the first column.</summary>
internal readonly partial record struct Declaration(string Name, bool IsPublic)
{
    public static IEnumerable<Declaration> In(string file) =>
        TypeAtTop().Matches(Repository.CodeOf(file)).Select(m =>
            new Declaration(m.Groups["name"].Value, m.Value.StartsWith("public ", StringComparison.Ordinal)));

    [GeneratedRegex(
        @"^(?:[a-z]+ )*?(?:class|struct|interface|enum|record(?: struct| class)?|delegate [\w<>?,\[\]. ]+?) (?<name>[A-Z]\w*)",
        RegexOptions.Multiline)]
    private static partial Regex TypeAtTop();
}
