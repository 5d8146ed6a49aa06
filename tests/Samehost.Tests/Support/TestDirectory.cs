namespace Samehost.Tests.Support;

/// <summary>A directory of one test, deleted with its contents when the test ends.</summary>
internal sealed class TestDirectory : IDisposable
{
    public TestDirectory()
    {
        FullPath = Directory.CreateTempSubdirectory("samehost-").FullName;
        // Others have to be able to pass through it in the tests that run a second user.
        File.SetUnixFileMode(FullPath, (UnixFileMode)0b111_101_101);
    }

    public string FullPath { get; }

    public string this[string name] => Path.Combine(FullPath, name);

    /// <summary>The names of what is in it, in order.</summary>
    public string[] Names =>
        [.. Directory.EnumerateFileSystemEntries(FullPath).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    public string MakeDirectory(string name, int mode)
    {
        var path = Directory.CreateDirectory(this[name]).FullName;
        File.SetUnixFileMode(path, (UnixFileMode)mode);
        return path;
    }

    public void Dispose()
    {
        foreach (var directory in new DirectoryInfo(FullPath).GetDirectories())
        {
            if (directory.LinkTarget is null) // what a link leads to is not ours
                directory.UnixFileMode = (UnixFileMode)0b111_000_000; // some tests make them unreadable
        }
        Directory.Delete(FullPath, recursive: true);
    }
}
