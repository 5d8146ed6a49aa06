using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Samehost.AspNetCore.Transport;

namespace Samehost.AspNetCore;

/// <summary>Endpoints on local sockets, for <c>ConfigureKestrel</c>.</summary>
public static class UnixKestrelExtensions
{
    /// <summary>Listens on a local socket. The transport has to be there:
    /// <see cref="UnixWebHostBuilderExtensions.UseUnixSockets"/>.</summary>
    /// <param name="options">Kestrel's options.</param>
    /// <param name="address">As <see cref="UnixEndPoint.Parse"/> reads it: <c>unix:/run/app.sock</c>, <c>/run/app.sock</c>,
    /// <c>@name</c>.</param>
    /// <param name="configure">Who may connect, limits, protocols.</param>
    /// <exception cref="ArgumentException">The address is none, or has no name.</exception>
    /// <exception cref="InvalidOperationException">The transport was not registered.</exception>
    public static void ListenUnix(this KestrelServerOptions options, string address, Action<UnixListenOptions>? configure = null) =>
        ListenUnix(options, UnixEndPoint.Parse(address), configure);

    /// <inheritdoc cref="ListenUnix(KestrelServerOptions, string, Action{UnixListenOptions})"/>
    public static void ListenUnix(this KestrelServerOptions options, UnixEndPoint address, Action<UnixListenOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(address);
        // Kestrel chose its transports before it asked for its options: one cannot be added here.
        if (options.ApplicationServices?.GetServices<IConnectionListenerFactory>().Any(f => f is UnixTransportFactory) == false)
        {
            throw new InvalidOperationException(
                "The transport for local sockets is not registered: call builder.WebHost.UseUnixSockets() before, or "
                + "builder.WebHost.ListenUnix(…), which does both.");
        }

        var endPoint = new UnixListenEndPoint(address);
        options.Listen(endPoint, kestrel =>
        {
            endPoint.Options = new UnixListenOptions(address, kestrel);
            configure?.Invoke(endPoint.Options);
        });
    }
}
