namespace Samehost.Http;

/// <summary>Creates HTTP handlers that connect to a server on a local socket (unix(7)).</summary>
/// <remarks>
/// The handlers work with everything that takes an <see cref="HttpMessageHandler"/>: <see cref="HttpClient"/>, <c>GrpcChannel</c>, and,
/// wrapped in an <see cref="HttpMessageInvoker"/>,
/// <see cref="System.Net.WebSockets.ClientWebSocket.ConnectAsync(Uri, HttpMessageInvoker?, CancellationToken)"/> with a <c>ws:</c> address.
/// They use HTTP/1.1 unless the client asks for HTTP/2; without TLS the client has to ask for it in advance.
/// </remarks>
/// <example><code>
/// using var docker = new HttpClient(UnixHttp.CreateHandler("unix:///var/run/docker.sock"))
/// {
///     BaseAddress = new Uri("http://localhost"), // the conventional host name; a local socket has none
///     DefaultRequestVersion = HttpVersion.Version20, // for HTTP/2 only
///     DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact, // for HTTP/2 only
/// };
/// </code></example>
public static class UnixHttp
{
    /// <summary>Creates a handler that connects to one local server, regardless of the host that a request names.</summary>
    /// <remarks>
    /// The handler does not use a proxy. Requests to <c>https:</c> addresses use TLS over the socket. All other properties have the
    /// defaults of <see cref="SocketsHttpHandler"/> and can be changed until the first request. A failure to connect is an
    /// <see cref="HttpRequestException"/> whose inner exception is a <see cref="UnixSocketException"/>.
    /// </remarks>
    /// <param name="endPoint">The server's path or abstract name.</param>
    /// <param name="options">How long to wait for the server and which users it may run as; <see langword="null"/> neither waits nor checks
    /// the user. They are copied.</param>
    /// <returns>A handler that pools its connections; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The address has no name.</exception>
    public static SocketsHttpHandler CreateHandler(UnixEndPoint endPoint, UnixConnectOptions? options = null)
    {
        ThrowIfUnnamed(endPoint);
        options = options?.Copy();
        return new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) =>
                await UnixStream.ConnectAsync(endPoint, options, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>Creates a handler that connects to the local server that a gRPC target, a Docker host or a URL names.</summary>
    /// <remarks>See <see cref="CreateHandler(UnixEndPoint, UnixConnectOptions?)"/>.</remarks>
    /// <param name="target">An address in the form of <see cref="UnixEndPoint.Parse(string)"/> (<c>/run/x.sock</c>,
    /// <c>unix:/run/x.sock</c>, <c>unix:///run/x.sock</c>, <c>@name</c>, <c>unix-abstract:name</c>, relative
    /// paths as <c>unix:x.sock</c>), or of Kestrel (<c>http://unix:/run/x.sock</c>, <c>http://unix:/@name</c>). It is taken literally;
    /// nothing is unescaped.</param>
    /// <param name="options">How long to wait for the server and which users it may run as; <see langword="null"/> neither waits nor checks
    /// the user. They are copied.</param>
    /// <returns>A handler that pools its connections; the caller disposes it.</returns>
    /// <exception cref="FormatException"><paramref name="target"/> is not the address of a local socket; the message says what to
    /// write.</exception>
    public static SocketsHttpHandler CreateHandler(string target, UnixConnectOptions? options = null) =>
        CreateHandler(LocalAddressParser.Parse(target), options);

    internal static void ThrowIfUnnamed(UnixEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (endPoint.Kind is UnixEndPointKind.Unnamed or UnixEndPointKind.Autobind)
        {
            throw new ArgumentException(
                "A client cannot connect to an address without a name: use a path or an abstract name.", nameof(endPoint));
        }
    }
}
