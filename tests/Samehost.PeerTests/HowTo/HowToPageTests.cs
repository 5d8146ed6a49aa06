namespace Samehost.PeerTests.HowTo;

/// <summary>The tests of the pages see nothing when this goes wrong.</summary>
public sealed class HowToPageTests
{
    private const string Text = "# Title\n```sh\nls\n```\n\n```csharp\none();\n\ntwo();\n```\nIt prints:\n\n```text\n1\ntook … ms\n```\n";

    [Fact]
    public void The_program_and_its_output_are_found()
    {
        var page = HowToPage.Parse(Text);

        Assert.Equal("one();\n\ntwo();\n", page.Program);
        Assert.Equal(["1", "took … ms"], page.Output);
    }

    [Theory]
    [InlineData("# Title\n```sh\nls\n```\n")]
    [InlineData("```csharp\none();\n```\n")]
    [InlineData("```csharp\none();\n```\n```sh\nls\n```\n```text\n1\n```\n")]
    public void A_page_without_a_program_or_its_output_is_an_error(string text) =>
        Assert.Throws<FormatException>(() => HowToPage.Parse(text));

    [Theory]
    [InlineData("1\ntook 35 ms\n", true)]
    [InlineData("1\ntook  ms\n", true)]
    [InlineData("1\n", false)]
    [InlineData("", false)]
    [InlineData("1\ntook 35 ms\n2\n", false)]
    [InlineData("1\ntook 35 ms.\n", false)]
    [InlineData("11\ntook 35 ms\n", false)]
    public void What_is_printed_is_held_against_the_page(string printed, bool same) =>
        Assert.Equal(same, HowToPage.Parse(Text).DifferenceFrom(printed) is null);
}
