using Xunit;

namespace Samehost.Tests.House;

/// <summary>The public API changes only when somebody means it to: what it is stands in PublicApi.txt.</summary>
public sealed class PublicApiTests
{
    private const string Snapshot = "tests/Samehost.Tests/House/PublicApi.txt";
    private const string UpdateVariable = "SAMEHOST_UPDATE_SNAPSHOT";

    [Fact]
    public void The_public_API_is_the_one_written_down()
    {
        string[] actual = [.. PublicApiPrinter.Print(typeof(UnixEndPoint).Assembly)];
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllLines(Repository.FullPath(Snapshot), actual);
            Assert.Skip($"{Snapshot} was written: look at the difference, then run without {UpdateVariable}");
        }

        string[] expected = Repository.Read(Snapshot).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] difference = [.. expected.Except(actual).Select(l => "- " + l), .. actual.Except(expected).Select(l => "+ " + l)];

        Assert.True(difference.Length == 0, $"""
            The public API is not what {Snapshot} says:
            {string.Join('\n', difference)}
            If it is meant to be so, write it down: {UpdateVariable}=1 dotnet test --project tests/Samehost.Tests
            """);
        Assert.Equal(expected, actual);
    }
}
