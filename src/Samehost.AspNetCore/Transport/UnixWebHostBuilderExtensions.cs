using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Samehost.AspNetCore.Transport;

namespace Samehost.AspNetCore;

/// <summary>Local sockets for a web host.</summary>
public static class UnixWebHostBuilderExtensions
{
    /// <summary>Serves on a local socket, beside whatever else the host listens on.</summary>
    /// <param name="host">For example <c>builder.WebHost</c>.</param>
    /// <param name="address">As <see cref="UnixEndPoint.Parse"/> reads it: <c>unix:/run/app.sock</c>, <c>/run/app.sock</c>,
    /// <c>@name</c>.</param>
    /// <param name="configure">Who may connect, limits, protocols.</param>
    /// <example><code>
    /// builder.WebHost.ListenUnix("unix:/run/app.sock", listen => listen.AllowGroup("docker"));
    /// </code></example>
    public static IWebHostBuilder ListenUnix(this IWebHostBuilder host, string address, Action<UnixListenOptions>? configure = null) =>
        UseUnixSockets(host).ConfigureKestrel(options => options.ListenUnix(address, configure));

    /// <summary>
    /// Has all local sockets of Kestrel's served by this package: those of <see cref="UnixKestrelExtensions"/>, and also those that were
    /// named by configuration (<c>http://unix:/run/app.sock</c>) or by <c>ListenUnixSocket</c>, with the defaults of
    /// <see cref="UnixListenOptions"/>. TCP stays with Kestrel's own transport.
    /// </summary>
    /// <remarks>
    /// <para>In configuration an abstract name is written <c>http://unix:/@name</c>; our own user and root may connect. A path has to be
    /// absolute.</para>
    /// <para>An address that means a local socket in another form, such as <c>http://unix:@name</c> or <c>http://unix:app.sock</c>, which
    /// Kestrel would read as TCP port 80 of all addresses, is refused at the start with an <see cref="InvalidOperationException"/> that
    /// states the form to write. So it is wherever it was set: in <c>ASPNETCORE_URLS</c>, <c>--urls</c>, <c>UseUrls</c>,
    /// <c>app.Urls</c> or <c>Kestrel:Endpoints</c>, also when the configuration changes.</para>
    /// </remarks>
    /// <param name="host">For example <c>builder.WebHost</c>.</param>
    public static IWebHostBuilder UseUnixSockets(this IWebHostBuilder host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host.ConfigureServices(services =>
        {
            services.TryAddSingleton<AddressCheck>();
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, AddressCheck>(s => s.GetRequiredService<AddressCheck>()));
            // Kestrel adds its own only where there is none yet. The last one that can serve an address is asked to.
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, SocketTransportFactory>());
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, UnixTransportFactory>());
        });
    }
}
