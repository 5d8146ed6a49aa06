using Samehost.AspNetCore.Client;

namespace Samehost.AspNetCore;

/// <summary>HTTP to servers on local sockets (unix(7)): whatever takes an <see cref="HttpMessageHandler"/> can talk to them.</summary>
/// <remarks>
/// HTTP/1.1 is spoken unless the client asks for HTTP/2, which a server without TLS understands when it is told so in advance:
/// <code>
/// using var docker = new HttpClient(UnixHttp.CreateHandler("unix:///var/run/docker.sock"))
/// {
///     BaseAddress = new Uri("http://localhost"), // local sockets have no host of their own: this is the convention
///     DefaultRequestVersion = HttpVersion.Version20, // for HTTP/2 only
///     DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact, // for HTTP/2 only
/// };
/// </code>
/// For WebSockets, wrap the handler in an <see cref="HttpMessageInvoker"/> and give that to
/// <see cref="System.Net.WebSockets.ClientWebSocket.ConnectAsync(Uri, HttpMessageInvoker?, CancellationToken)"/> with a <c>ws:</c> address.
/// </remarks>
public static class UnixHttp
{
    /// <summary>A handler that connects to one local server, whatever host a request names.</summary>
    /// <remarks>
    /// Proxies are never asked. <c>https:</c> requests speak TLS over the socket. Everything else is as in any
    /// <see cref="SocketsHttpHandler"/> and may be changed until the first request. A connection that cannot be made is an
    /// <see cref="HttpRequestException"/> around a <see cref="UnixSocketException"/>, which says what to look at.
    /// </remarks>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">How long to wait for the server to appear, and who it has to be; null waits for nothing and takes
    /// whoever listens there.</param>
    /// <returns>The caller's to dispose of; it keeps connections open between requests.</returns>
    /// <exception cref="ArgumentException">The address has no name.</exception>
    public static SocketsHttpHandler CreateHandler(UnixEndPoint endPoint, UnixConnectOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (endPoint.Kind is UnixEndPointKind.Unnamed or UnixEndPointKind.Autobind)
            throw new ArgumentException(
                "Nobody can be reached at an address without a name; give a path or an abstract name.", nameof(endPoint));
        return new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) =>
                await UnixStream.ConnectAsync(endPoint, options, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>A handler that connects to the local server with this name; see
    /// <see cref="CreateHandler(UnixEndPoint, UnixConnectOptions?)"/>.</summary>
    /// <param name="target">What <see cref="UnixEndPoint.Parse"/> reads, and what gRPC and Docker write: <c>unix:///run/x.sock</c>,
    /// <c>unix:/run/x.sock</c>, <c>unix:x.sock</c> (from the working directory of now), <c>unix-abstract:name</c>, <c>/run/x.sock</c> or
    /// <c>@name</c>. Nothing in it is unescaped.</param>
    /// <param name="options">As there.</param>
    /// <exception cref="ArgumentException">The name cannot be read; the message says what to write.</exception>
    public static SocketsHttpHandler CreateHandler(string target, UnixConnectOptions? options = null) =>
        CreateHandler(UnixTarget.Parse(target), options);
}
