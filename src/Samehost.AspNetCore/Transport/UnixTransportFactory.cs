using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>Binds Kestrel's local endpoints.</summary>
internal sealed class UnixTransportFactory(ILoggerFactory loggers, AddressCheck addresses, IHostApplicationLifetime? application = null)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly ILogger _logger = loggers.CreateLogger("Samehost.AspNetCore.Transport");

    private readonly Retirement _retirement = new(application);

    /// <summary>Also TCP endpoints while an address is misread, because one of them is what was made of it: they are refused.</summary>
    public bool CanBind(EndPoint endpoint) =>
        endpoint is UnixListenEndPoint or UnixDomainSocketEndPoint || addresses.Problem is not null;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        addresses.ThrowIfWrong();
        var options = endpoint is UnixListenEndPoint ours ? ours.Options : OptionsOf(endpoint);
        try
        {
            return await UnixConnectionListener.StartAsync(endpoint, options, _logger, _retirement, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (UnixSocketException e) when (e.Errno is Errno.EADDRINUSE)
        {
            throw new AddressInUseException(e.Hint is null ? e.Message : $"{e.Message} {e.Hint}", e); // what Kestrel expects
        }
    }

    /// <summary>For an endpoint that Kestrel has made of a URL. A path that begins with <c>/@</c> stands for an abstract name
    /// there, since no URL of Kestrel's has another place for one; <c>//@name</c> is the file.</summary>
    private static UnixListenOptions OptionsOf(EndPoint endpoint)
    {
        var address = (UnixEndPoint)UnixEndPoint.Unnamed.Create(endpoint.Serialize());
        if (address.Kind == UnixEndPointKind.Pathname && address.NameBytes.Span.StartsWith("/@"u8))
            address = UnixEndPoint.FromAbstractName(address.NameBytes.Span[2..]);
        var options = new UnixListenOptions(address);
        if (address.Kind == UnixEndPointKind.Abstract)
            options.PeerPolicy = PeerPolicy.SelfAndRoot; // nothing but code can state another
        return options;
    }
}
