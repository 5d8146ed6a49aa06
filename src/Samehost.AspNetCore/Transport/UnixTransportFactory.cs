using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Samehost.Hosting;
using Samehost.Http;

namespace Samehost.AspNetCore.Transport;

/// <summary>The endpoint that carries its options from Kestrel's configuration to the transport.</summary>
internal sealed class UnixTransportEndPoint(UnixEndPoint endPoint) : EndPoint
{
    public UnixTransportOptions Options { get; set; } = new(endPoint);

    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <summary>Returns the name of the endpoint in Kestrel's log and errors.</summary>
    public override string ToString() => endPoint.Kind == UnixEndPointKind.Pathname ? $"unix:{endPoint}" : endPoint.ToString();
}

/// <summary>Binds Kestrel's endpoints on local sockets.</summary>
internal sealed class UnixTransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly ILogger _logger;
    private readonly AddressValidator _addresses;
    private readonly HandoverShutdown _handoverShutdown;

    public UnixTransportFactory(
        ILoggerFactory loggerFactory, AddressValidator addresses, HandoverShutdown handoverShutdown)
    {
        _logger = loggerFactory.CreateLogger("Samehost.AspNetCore.Transport");
        _addresses = addresses;
        _handoverShutdown = handoverShutdown;
#pragma warning disable CA2000 // the factory disposes of it
        loggerFactory.AddProvider(new AuthorityWarning(_logger));
#pragma warning restore CA2000
    }

    /// <summary>Determines whether this transport binds an endpoint.</summary>
    /// <remarks>While an address is invalid this includes TCP endpoints, because one of them is Kestrel's reading of that address; binding
    /// them fails.</remarks>
    public bool CanBind(EndPoint endpoint) =>
        endpoint is UnixTransportEndPoint or UnixDomainSocketEndPoint || _addresses.Problem is not null;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        _addresses.ThrowIfInvalid();
        var options = (endpoint as UnixTransportEndPoint)?.Options ?? CreateOptions(endpoint);
        try
        {
            return await UnixConnectionListener.BindAsync(endpoint, options.Copy(), _logger, _handoverShutdown, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (UnixSocketException e) when (e.Errno is Errno.EADDRINUSE)
        {
            throw new AddressInUseException(e.Message, e); // Kestrel expects this type; the hint is in the text of the inner exception
        }
    }

    /// <summary>Creates the options of an endpoint that Kestrel has made from a URL.</summary>
    private static UnixTransportOptions CreateOptions(EndPoint endpoint)
    {
        var address = LocalAddressParser.FromUrlPath((UnixEndPoint)UnixEndPoint.Unnamed.Create(endpoint.Serialize()));
        var options = new UnixTransportOptions(address);
        if (address.Kind == UnixEndPointKind.Abstract)
            options.PeerPolicy = PeerPolicy.SelfAndRoot; // configuration has no place for another policy
        return options;
    }
}
