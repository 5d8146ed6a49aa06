namespace Samehost.Programs;

/// <summary>A new directory of mode 0700, deleted with its contents.</summary>
internal sealed class PrivateDirectory(string prefix) : IAsyncDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory(prefix).FullName;

    public UnixEndPoint GetEndPoint(string fileName) => UnixEndPoint.FromPath(Path.Join(_path, fileName));

    public ValueTask DisposeAsync()
    {
        if (Directory.Exists(_path))
            Directory.Delete(_path, recursive: true);
        return ValueTask.CompletedTask;
    }
}
