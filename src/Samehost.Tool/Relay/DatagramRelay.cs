using System.Collections.Concurrent;
using System.Net.Sockets;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Relay;

/// <summary>
/// Relays datagrams: each sender gets a socket of its own towards the server, so that the server's answers can be returned to it. A sender
/// without an address gets no answers.
/// </summary>
internal sealed class DatagramRelay(RelayOptions options, IRelayObserver? observer, RelayLog log)
{
    /// <summary>The longest datagram with the kernel's default limits.</summary>
    private const int MaxDatagramLength = 1 << 20;

    private const int MaxSenders = 1024;

    private static readonly DescriptorOptions AnyDescriptors = new() { MaxCount = 253 };

    private readonly ConcurrentDictionary<UnixEndPoint, Sender> _senders = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastNumber;

    private DescriptorOptions? Descriptors => options.PassesDescriptors ? AnyDescriptors : null;

    public async Task<int> RunAsync(string identity, CancellationToken cancellationToken)
    {
        var from = options.From.Local!;
        var receiving = new UnixDatagramOptions
        {
            SocketFile = options.SocketFile,
            PeerPolicy = options.Allow,
            AcceptDescriptors = options.PassesDescriptors,
        };
        using var socket = PassedSocket.Find(from, SocketType.Dgram)?.TakeDatagram(receiving) ?? UnixDatagram.Bind(from, receiving);
        observer?.Listening();
        log.Info($"relaying datagrams from {socket.LocalEndPoint} to {options.To}; {identity}");
        try
        {
            await await Task.WhenAny(ReceiveAsync(socket, cancellationToken), _failed.Task);
            return ExitStatus.Success;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitStatus.Success;
        }
        finally
        {
            foreach (var (address, sender) in _senders)
                Remove(address, sender, Errno.None);
        }
    }

    private async Task ReceiveAsync(UnixDatagram socket, CancellationToken cancellationToken)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(MaxDatagramLength);
        while (true)
        {
            using var message = await socket.ReceiveAsync(buffer, Descriptors, cancellationToken);
            Sender? sender = null;
            try
            {
                sender = await FindAsync(message.Sender, socket, cancellationToken);
                await PassAsync(message, buffer, sender, Direction.ToServer, sender.Socket, null, cancellationToken);
                sender.LastUse = Environment.TickCount64;
            }
            catch (UnixSocketException error)
            {
                log.Problem(sender is null
                    ? "a datagram cannot be relayed"
                    : $"a datagram of sender {sender.Number} cannot be relayed", error);
                if (sender is not null)
                    Remove(message.Sender, sender, error.Errno); // the next datagram connects again: the server may have restarted
            }
        }
    }

    private async Task AnswerAsync(UnixDatagram socket, UnixEndPoint address, Sender sender, CancellationToken cancellationToken)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(MaxDatagramLength);
        var ending = Errno.None;
        try
        {
            while (true)
            {
                using var message = await sender.Socket.ReceiveAsync(buffer, Descriptors, cancellationToken);
                await PassAsync(message, buffer, sender, Direction.ToClient, socket, address, cancellationToken);
                sender.LastUse = Environment.TickCount64;
            }
        }
        catch (UnixSocketException error)
        {
            ending = error.Errno;
        }
        catch (Exception error) when (error is not (OperationCanceledException or ObjectDisposedException))
        {
            _failed.TrySetException(error); // the observer failed
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The relay ends, or the sender was evicted.
        }
        Remove(address, sender, ending);
    }

    private async Task PassAsync(
        UnixMessage message, byte[] buffer, Sender sender, Direction direction, UnixDatagram to, UnixEndPoint? address,
        CancellationToken cancellationToken)
    {
        if (message.IsTruncated)
        {
            log.Info($"a datagram of {message.Length} bytes was dropped: {MaxDatagramLength} is the most that is relayed");
            return;
        }
        var came = message.Descriptors;
        DescriptorKinds[] kinds = [.. Enumerable.Range(0, came.Count).Select(came.GetKind)];
        observer?.Passed(sender.Number, direction, buffer.AsSpan(0, message.Count), kinds);
        var handles = Enumerable.Range(0, came.Count).Select(came.Take).ToArray();
        try
        {
            await to.SendAsync(
                buffer.AsMemory(0, message.Count), new UnixAncillaryData { Descriptors = handles }, address, cancellationToken);
            sender.Count(direction, message.Count, handles.Length);
        }
        finally
        {
            Array.ForEach(handles, h => h.Dispose());
        }
    }

    private async Task<Sender> FindAsync(UnixEndPoint address, UnixDatagram socket, CancellationToken cancellationToken)
    {
        if (_senders.TryGetValue(address, out var known))
            return known;
        if (_senders.Count >= MaxSenders)
        {
            var (oldest, last) = _senders.MinBy(s => s.Value.LastUse);
            Remove(oldest, last, Errno.None);
        }
        Sender sender = new(++_lastNumber, await ConnectAsync(cancellationToken));
        _senders[address] = sender;
        var who = address.Kind == UnixEndPointKind.Unnamed ? "a socket without an address" : address.ToString();
        log.Info($"sender {sender.Number} is {who}");
        observer?.Opened(sender.Number, who);
        if (address.Kind != UnixEndPointKind.Unnamed)
            _ = AnswerAsync(socket, address, sender, cancellationToken);
        return sender;
    }

    private Task<UnixDatagram> ConnectAsync(CancellationToken cancellationToken)
    {
        var socketOptions = new UnixDatagramOptions
        {
            PeerPolicy = options.RequireServer ?? PeerPolicy.Anyone,
            AcceptDescriptors = options.PassesDescriptors,
        };
        return ServerConnector.ConnectDatagramAsync(options.To.Local!, options.Wait, socketOptions, localAddress: null, cancellationToken);
    }

    private void Remove(UnixEndPoint address, Sender sender, Errno errno)
    {
        if (!_senders.TryRemove(new(address, sender)))
            return;
        sender.Socket.Dispose();
        observer?.Closed(sender.Number, new RelayLinkResult(sender.ToServer, sender.ToClient, sender.Descriptors, errno, false, false));
    }

    private sealed class Sender(int number, UnixDatagram socket)
    {
        private long _descriptors;

        public int Number => number;

        public UnixDatagram Socket => socket;

        public long LastUse { get; set; } = Environment.TickCount64;

        public long ToServer { get; private set; }

        public long ToClient { get; private set; }

        public long Descriptors => _descriptors;

        /// <summary>Each direction is counted by one task, descriptors by both.</summary>
        public void Count(Direction direction, int bytes, int descriptors)
        {
            if (direction == Direction.ToServer)
                ToServer += bytes;
            else
                ToClient += bytes;
            Interlocked.Add(ref _descriptors, descriptors);
        }
    }
}
