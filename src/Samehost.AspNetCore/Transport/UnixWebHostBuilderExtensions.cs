using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Samehost.AspNetCore.Transport;
using Samehost.Hosting;

namespace Samehost.AspNetCore;

/// <summary>Extension methods that let a web host serve on local sockets.</summary>
public static class UnixWebHostBuilderExtensions
{
    /// <summary>Listens on a local socket, in addition to the other endpoints of the host.</summary>
    /// <param name="hostBuilder">The builder, for example <c>builder.WebHost</c>.</param>
    /// <param name="address">An address in a form that <see cref="UnixEndPoint.Parse(string)"/> reads: <c>unix:/run/app.sock</c>,
    /// <c>/run/app.sock</c>, <c>@name</c>. An invalid one fails the start of the host.</param>
    /// <param name="configure">Configures policy, limits and protocols.</param>
    /// <returns><paramref name="hostBuilder"/>.</returns>
    /// <example><code>
    /// builder.WebHost.ListenUnix("unix:/run/app.sock", listen => listen.AllowGroup("docker"));
    /// </code></example>
    public static IWebHostBuilder ListenUnix(
        this IWebHostBuilder hostBuilder, string address, Action<UnixTransportOptions>? configure = null) =>
        UseUnixSockets(hostBuilder).ConfigureKestrel(options => options.ListenUnix(address, configure));

    /// <summary>Listens on a local socket, in addition to the other endpoints of the host.</summary>
    /// <param name="hostBuilder">The builder, for example <c>builder.WebHost</c>.</param>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="configure">Configures policy, limits and protocols.</param>
    /// <returns><paramref name="hostBuilder"/>.</returns>
    public static IWebHostBuilder ListenUnix(
        this IWebHostBuilder hostBuilder, UnixEndPoint endPoint, Action<UnixTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return UseUnixSockets(hostBuilder).ConfigureKestrel(options => options.ListenUnix(endPoint, configure));
    }

    /// <summary>Registers the transport that serves all of Kestrel's endpoints on local sockets.</summary>
    /// <remarks>
    /// <para>These are the endpoints of <c>ListenUnix</c>, and also those from configuration (<c>http://unix:/run/app.sock</c>) and from
    /// <c>ListenUnixSocket</c>, with the defaults of <see cref="UnixTransportOptions"/>. Kestrel's own transport continues to serve
    /// TCP.</para>
    /// <para>In configuration an abstract name is written <c>http://unix:/@name</c>; the user of this process and root may connect to it.
    /// A path has to be absolute.</para>
    /// <para>An address that means a local socket in another form, such as <c>http://unix:@name</c> or <c>http://unix:app.sock</c>, which
    /// Kestrel would read as TCP port 80 of all addresses, fails the start with an <see cref="InvalidOperationException"/> that states the
    /// form to write. This applies to <c>ASPNETCORE_URLS</c>, <c>--urls</c>, <c>UseUrls</c>, <c>app.Urls</c> and
    /// <c>Kestrel:Endpoints</c>, also when the configuration changes.</para>
    /// </remarks>
    /// <param name="hostBuilder">The builder, for example <c>builder.WebHost</c>.</param>
    /// <returns><paramref name="hostBuilder"/>.</returns>
    public static IWebHostBuilder UseUnixSockets(this IWebHostBuilder hostBuilder)
    {
        ArgumentNullException.ThrowIfNull(hostBuilder);
        return hostBuilder.ConfigureServices(services =>
        {
            services.TryAddSingleton<AddressValidator>();
            services.Configure<LoggerFilterOptions>(AuthorityWarning.AddRule);
            services.TryAddEnumerable(
                ServiceDescriptor.Singleton<IStartupFilter, AddressValidator>(s => s.GetRequiredService<AddressValidator>()));
            // Kestrel adds its own transport only where there is none. It asks the last one registered that can bind an endpoint.
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, SocketTransportFactory>());
            HandoverShutdown.AddTo(services);
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, UnixTransportFactory>());
        });
    }
}
