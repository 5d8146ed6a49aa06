namespace Samehost.PeerTests.Support;

/// <summary>A temporary directory with a path that is short enough for sockets; deleted after the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("peer-").FullName;

    public string this[string name] => Path.Join(Root, name);

    public string[] Names => [.. Directory.EnumerateFileSystemEntries(Root).Select(path => Path.GetFileName(path)).Order()];

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
