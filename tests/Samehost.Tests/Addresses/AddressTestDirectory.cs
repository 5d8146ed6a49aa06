namespace Samehost.Tests.Addresses;

/// <summary>A private directory that is deleted afterwards, with a name short enough for paths of sockets.</summary>
internal sealed class AddressTestDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sh").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
