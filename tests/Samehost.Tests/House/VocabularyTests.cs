using Xunit;

namespace Samehost.Tests.House;

/// <summary>A thing has one name everywhere, the field's own.</summary>
public sealed class VocabularyTests
{
    private const string Colloquial = @"\b[Ww]hoever\b|\b[Ss]omebody\b|\b[Aa]nybody\b|\bget hold of\b";

    private const string OtherNamesOfAHandover = @"\b[Hh]and-over\b|\b[Tt]ake-?over\b|\bTakeOver\w*|_take_over_|\b[Hh]eirs?\b";

    private const string OtherSpellings = @"\b[Cc]ancelled|\b[Cc]ancelling|_cancelled_";

    private static readonly string[] Files =
    [
        .. Repository.Files(".cs", ".c", ".h", ".md", ".csproj", ".props")
            .Where(file => file != "CHANGELOG.md" && !file.EndsWith($"/{nameof(VocabularyTests)}.cs", StringComparison.Ordinal)),
    ];

    [Theory]
    [InlineData(Colloquial)]
    [InlineData(OtherNamesOfAHandover)]
    [InlineData(OtherSpellings)]
    public void No_file_uses_another_word(string pattern) =>
        Rule.HasNoExceptions(Files.SelectMany(f => Repository.Places(f, Repository.Read(f), pattern)));
}
