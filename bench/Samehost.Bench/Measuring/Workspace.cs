namespace Samehost.Bench.Measuring;

/// <summary>A private directory for sockets and compiled references, removed at the end, also after Ctrl+C.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("samehost-bench-");
    private int _sockets;

    public Workspace() => AppDomain.CurrentDomain.ProcessExit += DeleteAtExit;

    public string NewSocketPath() => PathOf($"{++_sockets}.sock");

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= DeleteAtExit;
        Delete();
    }

    private void DeleteAtExit(object? sender, EventArgs e) => Delete();

    private void Delete()
    {
        try
        {
            _directory.Delete(recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The exit and the end of the measurements met here.
        }
    }
}
