using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Samehost.AspNetCore.Transport;

namespace Samehost.AspNetCore.Tests.Support;

/// <summary>A connection in the form that Kestrel gets, and its client, without Kestrel.</summary>
internal sealed class PipePair : IAsyncDisposable
{
    private readonly DisconnectMonitor _monitor = new();

    public PipePair()
    {
        (var served, Client) = UnixStream.CreatePair();
        Connection = new UnixConnection(served, new UnixDomainSocketEndPoint("/none"), _monitor, NullLogger.Instance);
        _monitor.Add(Connection);
    }

    public UnixConnection Connection { get; }

    public UnixStream Client { get; }

    public PipeReader Input => Connection.Transport.Input;

    public PipeWriter Output => Connection.Transport.Output;

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Connection.DisposeAsync();
        _monitor.Dispose();
    }
}
