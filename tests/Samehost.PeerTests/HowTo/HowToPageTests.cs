namespace Samehost.PeerTests.HowTo;

/// <summary>Tests the parser of pages, on which the tests of the pages depend.</summary>
public sealed class HowToPageTests
{
    private const string Text = "# Title\n```sh\nls\n```\n\n```csharp\none();\n\ntwo();\n```\nIt prints:\n\n```text\n1\ntook … ms\n```\n";

    [Fact]
    public void The_program_and_its_output_are_read()
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
    public void The_output_is_compared_with_the_page(string printed, bool same) =>
        Assert.Equal(same, HowToPage.Parse(Text).DifferenceFrom(printed) is null);
}

/// <summary>Tests the parser of steps, on which <see cref="HowToStepsTests"/> depends.</summary>
public sealed class HowToStepsParsingTests
{
    private const string Text =
        "```csharp\nserve();\n```\n```sh\ngo\n```\n```text\nwent\n```\n" +
        "```nginx\nuser x;\n```\n```sh\nget /run/x\n```\n```text\ngot …\n```\n";

    [Fact]
    public void Steps_and_files_are_read_with_the_replacements_of_the_test()
    {
        var steps = HowToSteps.Parse(Text, new Dictionary<string, string> { ["/run/x"] = "/tmp/y" });

        Assert.True(HowToSteps.HasSteps(Text));
        Assert.Equal("serve();\n", steps.Program);
        Assert.Equal([new PageBlock("nginx", "user x;\n")], steps.Files);
        Assert.Contains("get /tmp/y\n", steps.Script(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("went\n-- next step --\ngot it\n-- next step --\n", true)]
    [InlineData("went\n-- next step --\n", false)]
    [InlineData("-- next step --\ngot it\n-- next step --\n", false)]
    [InlineData("went\n-- next step --\ngot it\nand more\n-- next step --\n", false)]
    [InlineData("", false)]
    public void The_output_of_each_step_is_compared_with_the_page(string printed, bool same) =>
        Assert.Equal(same, HowToSteps.Parse(Text, new Dictionary<string, string>()).DifferenceFrom(printed) is null);

    [Fact]
    public void A_page_without_a_replaced_text_or_an_output_is_an_error()
    {
        Assert.Throws<FormatException>(() => HowToSteps.Parse(Text, new Dictionary<string, string> { ["/run/z"] = "" }));
        Assert.Throws<FormatException>(
            () => HowToSteps.Parse("```csharp\nserve();\n```\n```sh\ngo\n```\n```sh\ngo\n```\n", new Dictionary<string, string>()));
    }

    [Fact]
    public void A_page_with_a_program_that_ends_has_no_steps() =>
        Assert.False(HowToSteps.HasSteps("```csharp\none();\n```\n```text\n1\n```\n"));
}
