using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Samehost.AspNetCore.Transport;

namespace Samehost.AspNetCore;

/// <summary>Extension methods that add endpoints on local sockets to Kestrel's options.</summary>
public static class UnixKestrelServerOptionsExtensions
{
    /// <summary>Listens on a local socket.</summary>
    /// <remarks>The transport has to be registered: see <see cref="UnixWebHostBuilderExtensions.UseUnixSockets"/>.</remarks>
    /// <param name="options">Kestrel's options.</param>
    /// <param name="address">An address in a form that <see cref="UnixEndPoint.Parse(string)"/> reads: <c>unix:/run/app.sock</c>,
    /// <c>/run/app.sock</c>, <c>@name</c>.</param>
    /// <param name="configure">Configures policy, limits and protocols.</param>
    /// <exception cref="FormatException"><paramref name="address"/> is not an address.</exception>
    /// <exception cref="InvalidOperationException">The transport was not registered.</exception>
    public static void ListenUnix(this KestrelServerOptions options, string address, Action<UnixTransportOptions>? configure = null) =>
        ListenUnix(options, UnixEndPoint.Parse(address), configure);

    /// <summary>Listens on a local socket.</summary>
    /// <remarks>The transport has to be registered: see <see cref="UnixWebHostBuilderExtensions.UseUnixSockets"/>.</remarks>
    /// <param name="options">Kestrel's options.</param>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="configure">Configures policy, limits and protocols.</param>
    /// <exception cref="InvalidOperationException">The transport was not registered.</exception>
    public static void ListenUnix(
        this KestrelServerOptions options, UnixEndPoint endPoint, Action<UnixTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(endPoint);
        // Kestrel has chosen its transports before it reads its options, so none can be added here.
        if (options.ApplicationServices?.GetServices<IConnectionListenerFactory>().Any(f => f is UnixTransportFactory) == false)
        {
            throw new InvalidOperationException(
                "The transport for local sockets is not registered: call builder.WebHost.UseUnixSockets() before, or "
                + "builder.WebHost.ListenUnix(…), which does both.");
        }

        var transportEndPoint = new UnixTransportEndPoint(endPoint);
        options.Listen(transportEndPoint, listenOptions =>
        {
            transportEndPoint.Options = new UnixTransportOptions(endPoint, listenOptions);
            configure?.Invoke(transportEndPoint.Options);
        });
    }
}
