namespace Samehost.PeerTests.Support;

/// <summary>A test's own directory, short enough for socket paths, gone afterwards.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("peer-").FullName;

    public string this[string name] => Path.Join(Root, name);

    public string[] Names => [.. Directory.EnumerateFileSystemEntries(Root).Select(path => Path.GetFileName(path)).Order()];

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
