using Samehost.AspNetCore.Tests.Support;

[assembly: AssemblyFixture(typeof(TemporaryDirectory))]

namespace Samehost.AspNetCore.Tests.Support;

/// <summary>The temporary directory of all tests, which fails the run when one of them has left something in it.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    private const string Variable = "TMPDIR";

    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("samehost-web-");

    public TemporaryDirectory()
    {
        _directory.UnixFileMode = (UnixFileMode)0b111_101_101; // some tests run a second user
        Environment.SetEnvironmentVariable(Variable, _directory.FullName);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, _before);
        string[] left = [.. _directory.EnumerateFileSystemInfos().Select(entry => entry.Name)];
        _directory.Delete(recursive: true);
        Assert.Empty(left);
    }
}
