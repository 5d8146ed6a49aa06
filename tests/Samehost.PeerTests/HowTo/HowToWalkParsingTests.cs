namespace Samehost.PeerTests.HowTo;

/// <summary>The walk through a page sees nothing when this goes wrong.</summary>
public sealed class HowToWalkParsingTests
{
    private const string Text =
        "```csharp\nserve();\n```\n```sh\ngo\n```\n```text\nwent\n```\n" +
        "```nginx\nuser x;\n```\n```sh\nget /run/x\n```\n```text\ngot …\n```\n";

    [Fact]
    public void Steps_and_files_are_found_where_they_are_in_the_test()
    {
        var walk = HowToWalk.Parse(Text, new Dictionary<string, string> { ["/run/x"] = "/tmp/y" });

        Assert.True(HowToWalk.IsOne(Text));
        Assert.Equal("serve();\n", walk.Program);
        Assert.Equal([new PageBlock("nginx", "user x;\n")], walk.Files);
        Assert.Contains("get /tmp/y\n", walk.Script(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("went\n-- next step --\ngot it\n-- next step --\n", true)]
    [InlineData("went\n-- next step --\n", false)]
    [InlineData("-- next step --\ngot it\n-- next step --\n", false)]
    [InlineData("went\n-- next step --\ngot it\nand more\n-- next step --\n", false)]
    [InlineData("", false)]
    public void Each_step_is_held_against_the_page(string printed, bool same) =>
        Assert.Equal(same, HowToWalk.Parse(Text, new Dictionary<string, string>()).DifferenceFrom(printed) is null);

    [Fact]
    public void A_page_that_lacks_what_is_replaced_or_printed_is_an_error()
    {
        Assert.Throws<FormatException>(() => HowToWalk.Parse(Text, new Dictionary<string, string> { ["/run/z"] = "" }));
        Assert.Throws<FormatException>(
            () => HowToWalk.Parse("```csharp\nserve();\n```\n```sh\ngo\n```\n```sh\ngo\n```\n", new Dictionary<string, string>()));
    }

    [Fact]
    public void A_page_with_a_program_that_ends_is_no_walk() => Assert.False(HowToWalk.IsOne("```csharp\none();\n```\n```text\n1\n```\n"));
}
