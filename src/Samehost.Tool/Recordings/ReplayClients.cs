using System.Net.Sockets;
using Samehost.Tool.Arguments;
using Samehost.Tool.Commands;
using Samehost.Tool.Relays;
using Samehost.Tool.Transfer;

namespace Samehost.Tool.Recordings;

/// <summary>Those who come to be answered as recorded.</summary>
internal sealed class ReplayClients : IAsyncDisposable
{
    private readonly UnixListener? _streams;
    private readonly UnixSeqpacketListener? _records;
    private readonly Socket? _tcp;

    public ReplayClients(ToolAddress address, SocketKind kind, ReplayOptions options)
    {
        var listening = new UnixListenerOptions { SocketFile = options.SocketFile, PeerPolicy = options.Allow };
        if (address.Kind == ToolAddressKinds.Tcp)
        {
            if (kind != SocketKind.Stream)
                throw new ToolException($"a recording of {kind.ToString().ToLowerInvariant()} cannot be replayed over TCP");
            _tcp = TcpClients.Listen(address);
        }
        else if (kind == SocketKind.Seqpacket)
        {
            _records = UnixSeqpacketListener.Listen(address.Local!, listening);
        }
        else
        {
            _streams = UnixListener.Listen(address.Local!, listening);
        }
        Address = _tcp is null ? $"{_streams?.LocalEndPoint ?? _records!.LocalEndPoint}" : $"tcp:{_tcp.LocalEndPoint}";
    }

    public string Address { get; }

    public async Task<ToolConnection> AcceptAsync(CancellationToken stop)
    {
        if (_tcp is not null)
            return new TcpStreamConnection(await _tcp.AcceptAsync(stop));
        return _records is null
            ? ToolConnection.Of(await _streams!.AcceptAsync(stop))
            : ToolConnection.Of(await _records.AcceptAsync(stop));
    }

    public ValueTask DisposeAsync()
    {
        _streams?.Dispose();
        _records?.Dispose();
        _tcp?.Dispose();
        return ValueTask.CompletedTask;
    }
}
