using Microsoft.Extensions.DependencyInjection;

namespace Samehost.Http;

/// <summary>Extension methods that connect clients of <see cref="IHttpClientFactory"/> to servers on local sockets.</summary>
public static class UnixHttpClientBuilderExtensions
{
    private static readonly Uri Localhost = new("http://localhost");

    /// <summary>Connects the clients with this name to one local server (unix(7)).</summary>
    /// <remarks>Their base address becomes <c>http://localhost</c> unless another one is configured.</remarks>
    /// <param name="builder">The builder that <c>AddHttpClient</c> returned.</param>
    /// <param name="endPoint">The server's path or abstract name.</param>
    /// <param name="options">How long to wait for the server and which users it may run as. They are copied.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentException">The address has no name.</exception>
    public static IHttpClientBuilder UseUnixSocket(
        this IHttpClientBuilder builder, UnixEndPoint endPoint, UnixConnectOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        UnixHttp.ThrowIfUnnamed(endPoint);
        options = options?.Copy();
        return builder
            .ConfigureHttpClient(client => client.BaseAddress ??= Localhost)
            .ConfigurePrimaryHttpMessageHandler(() => UnixHttp.CreateHandler(endPoint, options));
    }

    /// <summary>Connects the clients with this name to the local server that a gRPC target, a Docker host or a URL names.</summary>
    /// <remarks>See <see cref="UseUnixSocket(IHttpClientBuilder, UnixEndPoint, UnixConnectOptions?)"/>.</remarks>
    /// <param name="builder">The builder that <c>AddHttpClient</c> returned.</param>
    /// <param name="target">An address in a form that <see cref="UnixHttp.CreateHandler(string, UnixConnectOptions?)"/> reads.</param>
    /// <param name="options">How long to wait for the server and which users it may run as. They are copied.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="FormatException"><paramref name="target"/> is not the address of a local socket; the message says what to
    /// write.</exception>
    public static IHttpClientBuilder UseUnixSocket(this IHttpClientBuilder builder, string target, UnixConnectOptions? options = null) =>
        builder.UseUnixSocket(LocalAddressParser.Parse(target), options);
}
