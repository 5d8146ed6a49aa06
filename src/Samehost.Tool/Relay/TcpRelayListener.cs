using System.Net;
using System.Net.Sockets;
using Samehost.Interop;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Relay;

/// <summary>Accepts clients over TCP, whose identity is unknown.</summary>
internal sealed class TcpRelayListener : RelayListener
{
    private const int SO_REUSEADDR = 2;
    private const int Backlog = 4096;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Socket _listener;
    private readonly Func<RelayEndpoint, CancellationToken, Task> _serve;
    private readonly RelayLog _log;
    private readonly SemaphoreSlim _freeConnections;
    private readonly CancellationTokenSource _stopping = new();

    public TcpRelayListener(Socket listener, int maxConnections, Func<RelayEndpoint, CancellationToken, Task> serve, RelayLog log)
    {
        (_listener, _serve, _log) = (listener, serve, log);
        _freeConnections = new SemaphoreSlim(maxConnections);
        Address = $"tcp:{listener.LocalEndPoint}";
        Completion = AcceptAsync();
    }

    public override string Address { get; }

    public override Task Completion { get; }

    public static Socket Listen(ToolAddress address)
    {
        Socket? listener = null;
        try
        {
            var host = IPAddress.TryParse(address.Host, out var number) ? number : Dns.GetHostAddresses(address.Host)[0];
            listener = new Socket(host.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // The runtime's ReuseAddress option would let a second relay share the port.
            using (var descriptor = new Descriptor((int)listener.Handle, ownsHandle: false))
                _ = LibcSocketOptions.Set(descriptor, SO_REUSEADDR, 1);
            listener.Bind(new IPEndPoint(host, address.Port));
            listener.Listen(Backlog);
            return listener;
        }
        catch (SocketException error)
        {
            listener?.Dispose();
            throw new TcpException(error, "listen", address.Host, address.Port);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await Completion;
    }

    private async Task AcceptAsync()
    {
        var wasDelayed = false;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _freeConnections.WaitAsync(_stopping.Token);
                var client = await _listener.AcceptAsync(_stopping.Token);
                wasDelayed = false;
                _ = ServeAsync(client);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error)
            {
                _freeConnections.Release();
                if (!wasDelayed)
                    _log.Problem("accepting clients is paused", error);
                wasDelayed = true;
                await Task.Delay(RetryDelay); // out of descriptors; there is no notification when one is free
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            await Task.Yield();
            await _serve(TcpConnector.Adopt(client), _stopping.Token);
        }
        catch (SocketException)
        {
            // The client closed before its address could be read.
        }
        finally
        {
            client.Dispose();
            _freeConnections.Release();
        }
    }
}
