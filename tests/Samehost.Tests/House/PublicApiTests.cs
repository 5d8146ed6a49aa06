using System.Reflection;
using Samehost.AspNetCore;
using Samehost.Http;
using Xunit;

namespace Samehost.Tests.House;

/// <summary>The public API changes only when somebody means it to: what it is stands in PublicApi.txt and its neighbors.</summary>
public sealed class PublicApiTests
{
    private const string UpdateVariable = "SAMEHOST_UPDATE_SNAPSHOT";

    public static Assembly[] Libraries { get; } =
        [typeof(UnixEndPoint).Assembly, typeof(IUnixPeerFeature).Assembly, typeof(UnixHttp).Assembly, typeof(UnixSocketTable).Assembly];

    [Theory]
    [InlineData(0, "tests/Samehost.Tests/House/PublicApi.txt")]
    [InlineData(1, "tests/Samehost.Tests/House/PublicApi.AspNetCore.txt")]
    [InlineData(2, "tests/Samehost.Tests/House/PublicApi.Http.txt")]
    [InlineData(3, "tests/Samehost.Tests/House/PublicApi.Diagnostics.txt")]
    public void The_public_API_is_the_one_written_down(int library, string snapshot)
    {
        string[] actual = [.. PublicApiPrinter.Print(Libraries[library])];
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllLines(Repository.FullPath(snapshot), actual);
            Assert.Skip($"{snapshot} was written: look at the difference, then run without {UpdateVariable}");
        }

        string[] expected = Repository.Read(snapshot).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] difference = [.. expected.Except(actual).Select(l => "- " + l), .. actual.Except(expected).Select(l => "+ " + l)];

        Assert.True(difference.Length == 0, $"""
            The public API is not what {snapshot} says:
            {string.Join('\n', difference)}
            If it is meant to be so, write it down: {UpdateVariable}=1 dotnet test --project tests/Samehost.Tests
            """);
        Assert.Equal(expected, actual);
    }
}
