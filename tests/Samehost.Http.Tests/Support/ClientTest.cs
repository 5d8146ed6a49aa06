namespace Samehost.Http.Tests.Support;

/// <summary>A test with its own directory for the socket of one server.</summary>
public abstract class ClientTest : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("http-");

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected string SocketPath => Path.Join(_directory.FullName, "web.sock");

    protected UnixEndPoint EndPoint => UnixEndPoint.FromPath(SocketPath);

    public void Dispose()
    {
        _directory.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    protected static HttpClient Client(HttpMessageHandler handler) => new(handler) { BaseAddress = new Uri("http://localhost") };

    protected HttpClient Client(UnixConnectOptions? options = null) => Client(UnixHttp.CreateHandler(EndPoint, options));
}
