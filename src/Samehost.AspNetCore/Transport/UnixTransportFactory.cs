using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>Binds Kestrel's local endpoints.</summary>
internal sealed class UnixTransportFactory(ILoggerFactory loggers, IHostApplicationLifetime? application = null)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly ILogger _logger = loggers.CreateLogger("Samehost.AspNetCore.Transport");

    private readonly Retirement _retirement = new(application);

    public bool CanBind(EndPoint endpoint) => endpoint is UnixListenEndPoint or UnixDomainSocketEndPoint;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var options = endpoint is UnixListenEndPoint ours ? ours.Options : new UnixListenOptions(AddressOf(endpoint));
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

    private static UnixEndPoint AddressOf(EndPoint endpoint) => (UnixEndPoint)UnixEndPoint.Unnamed.Create(endpoint.Serialize());
}
