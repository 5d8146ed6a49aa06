using System.Text.RegularExpressions;
using Xunit;

namespace Samehost.Tests.House;

/// <summary>Links between documents are valid.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Links_between_documents_are_valid() =>
        Rule.HasNoExceptions(Repository.Files(".md").SelectMany(file => Link().Matches(Repository.Read(file))
            .Select(m => m.Groups[1].Value)
            .Where(target => !Regex.IsMatch(target, "^(?:https?|mailto):") && !Leads(file, target))
            .Select(target => $"{file}: {target}")));

    private static bool Leads(string file, string target)
    {
        var parts = target.Split('#', 2);
        var path = parts[0].Length == 0
            ? Repository.FullPath(file)
            : Path.GetFullPath(parts[0], Path.GetDirectoryName(Repository.FullPath(file))!);
        if (!path.StartsWith(Repository.Root, StringComparison.Ordinal) || !Path.Exists(path))
            return false;
        return parts.Length == 1 || Heading().Matches(File.ReadAllText(path)).Any(h => Anchor(h.Groups[1].Value) == parts[1]);
    }

    // As forges derive anchors from headings.
    private static string Anchor(string heading) =>
        Regex.Replace(heading.Trim().ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-');

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
