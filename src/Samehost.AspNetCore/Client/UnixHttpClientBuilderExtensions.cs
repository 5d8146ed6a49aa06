using Microsoft.Extensions.DependencyInjection;
using Samehost.AspNetCore.Client;

namespace Samehost.AspNetCore;

/// <summary>Clients of local servers from <see cref="IHttpClientFactory"/>.</summary>
public static class UnixHttpClientBuilderExtensions
{
    private static readonly Uri Localhost = new("http://localhost");

    /// <summary>
    /// Makes the clients of this name talk to one local server (unix(7)). Their base address becomes <c>http://localhost</c> unless
    /// they have another.
    /// </summary>
    /// <param name="builder">What <c>AddHttpClient</c> returned.</param>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">How long to wait for the server to appear, and who it has to be.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The address has no name; thrown when the first client is made.</exception>
    public static IHttpClientBuilder UseUnixSocket(
        this IHttpClientBuilder builder, UnixEndPoint endPoint, UnixConnectOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(endPoint);
        return builder
            .ConfigureHttpClient(client => client.BaseAddress ??= Localhost)
            .ConfigurePrimaryHttpMessageHandler(() => UnixHttp.CreateHandler(endPoint, options));
    }

    /// <summary>As <see cref="UseUnixSocket(IHttpClientBuilder, UnixEndPoint, UnixConnectOptions?)"/>, with the server's name as gRPC and
    /// Docker write it.</summary>
    /// <param name="builder">What <c>AddHttpClient</c> returned.</param>
    /// <param name="target">What <see cref="UnixHttp.CreateHandler(string, UnixConnectOptions?)"/> reads.</param>
    /// <param name="options">How long to wait for the server to appear, and who it has to be.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The name cannot be read; the message says what to write.</exception>
    public static IHttpClientBuilder UseUnixSocket(this IHttpClientBuilder builder, string target, UnixConnectOptions? options = null) =>
        builder.UseUnixSocket(UnixTarget.Parse(target), options);
}
