using Xunit;

namespace Samehost.Tests.House;

/// <summary>The other house tests see nothing when this goes wrong.</summary>
public sealed class RepositoryTests
{
    [Theory]
    [InlineData("a(); // unsafe", "a(); ")]
    [InlineData("a(/* unsafe */);", "a();")]
    [InlineData("a(\"unsafe \\\" unsafe\", b);", "a(, b);")]
    [InlineData("a(@\"c:\\\", b);", "a(, b);")]
    [InlineData("a('\"', b, '\\'', c);", "a(, b, , c);")]
    [InlineData("a(\"\"\"say \"unsafe\" twice\"\"\", b);", "a(, b);")]
    [InlineData("a($\"{{no}} {Errno.ENOENT:x} text\", b);", "a((Errno.ENOENT:x), b);")]
    [InlineData("a($\"{b[\"unsafe\"]}\", c);", "a((b[]), c);")]
    [InlineData("/* one\ntwo */ a();", "\n a();")]
    public void Comments_and_strings_are_no_code(string source, string code) => Assert.Equal(code, Repository.StripCode(source));

    [Fact]
    public void The_files_are_found()
    {
        Assert.Contains("src/Samehost/Sockets/UnixStream.cs", Repository.Files(".cs"));
        Assert.Contains("tests/Samehost.Tests/House/RepositoryTests.cs", Repository.FilesUnder("tests", ".cs"));
        Assert.Contains("README.md", Repository.Files(".md"));
        Assert.DoesNotContain(Repository.Files(".cs"), f => f.Contains("/obj/", StringComparison.Ordinal));
    }
}
