using System.Collections.Concurrent;
using Samehost.Tool.Cli;

namespace Samehost.Tool.Relay;

/// <summary>
/// Datagrams have no connections: each sender gets a socket of its own towards the server, so that what the server answers finds back.
/// A sender without an address is not answered.
/// </summary>
internal sealed class DatagramRelay(RelayOptions options, IRelayObserver? observer, RelayLog log)
{
    /// <summary>Larger ones cannot be sent with the kernel's default limits.</summary>
    private const int LongestDatagram = 1 << 20;

    private const int MostSenders = 1024;

    private static readonly DescriptorOptions AnyDescriptors = new() { MaxCount = 253 };

    private readonly ConcurrentDictionary<UnixEndPoint, Sender> _senders = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastNumber;

    private DescriptorOptions? Descriptors => options.PassesDescriptors ? AnyDescriptors : null;

    public async Task<int> RunAsync(string disguise, CancellationToken stop)
    {
        using var socket = UnixDatagram.Bind(options.From.Local!, new UnixDatagramOptions
        {
            SocketFile = options.SocketFile,
            PeerPolicy = options.Allow,
            AcceptDescriptors = options.PassesDescriptors,
        });
        observer?.Listening();
        log.Say($"relaying datagrams from {socket.LocalEndPoint} to {options.To}; {disguise}");
        try
        {
            await await Task.WhenAny(ReceiveAsync(socket, stop), _failed.Task);
            return ExitStatus.Success;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitStatus.Failure; // the signal's number takes its place
        }
        finally
        {
            foreach (var (address, sender) in _senders)
                Forget(address, sender, Errno.None);
        }
    }

    private async Task ReceiveAsync(UnixDatagram socket, CancellationToken stop)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(LongestDatagram);
        while (true)
        {
            using UnixMessage message = await socket.ReceiveMessageAsync(buffer, Descriptors, stop);
            Sender? sender = null;
            try
            {
                sender = await FindAsync(message.Sender, socket, stop);
                await PassAsync(message, buffer, sender, Direction.ToServer, sender.Socket, null, stop);
                sender.LastUse = Environment.TickCount64;
            }
            catch (UnixSocketException error)
            {
                log.Problem(sender is null ? "a datagram goes nowhere" : $"a datagram of sender {sender.Number} goes nowhere", error);
                if (sender is not null)
                    Forget(message.Sender, sender, error.Errno); // the next one connects anew: the server may have started again
            }
        }
    }

    private async Task AnswerAsync(UnixDatagram socket, UnixEndPoint address, Sender sender, CancellationToken stop)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(LongestDatagram);
        Errno ending = Errno.None;
        try
        {
            while (true)
            {
                using UnixMessage message = await sender.Socket.ReceiveMessageAsync(buffer, Descriptors, stop);
                await PassAsync(message, buffer, sender, Direction.ToClient, socket, address, stop);
                sender.LastUse = Environment.TickCount64;
            }
        }
        catch (UnixSocketException error)
        {
            ending = error.Errno;
        }
        catch (Exception error) when (error is not (OperationCanceledException or ObjectDisposedException))
        {
            _failed.TrySetException(error); // what was to be noted could not be
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The relay ends, or somebody else needed the place.
        }
        Forget(address, sender, ending);
    }

    private async Task PassAsync(
        UnixMessage message, byte[] buffer, Sender sender, Direction direction, UnixDatagram to, UnixEndPoint? address,
        CancellationToken stop)
    {
        if (message.IsTruncated)
        {
            log.Say($"a datagram of {message.Length} bytes was dropped: {LongestDatagram} is the most that is relayed");
            return;
        }
        ReceivedDescriptors came = message.Descriptors;
        DescriptorKinds[] kinds = [.. Enumerable.Range(0, came.Count).Select(came.GetKind)];
        observer?.Passed(sender.Number, direction, buffer.AsSpan(0, message.Count), kinds);
        var handles = Enumerable.Range(0, came.Count).Select(came.Take).ToArray();
        try
        {
            await to.SendMessageAsync(buffer.AsMemory(0, message.Count), new UnixAncillaryData { Descriptors = handles }, address, stop);
            sender.Count(direction, message.Count, handles.Length);
        }
        finally
        {
            Array.ForEach(handles, h => h.Dispose());
        }
    }

    private async Task<Sender> FindAsync(UnixEndPoint address, UnixDatagram socket, CancellationToken stop)
    {
        if (_senders.TryGetValue(address, out Sender? known))
            return known;
        if (_senders.Count >= MostSenders)
        {
            var (oldest, last) = _senders.MinBy(s => s.Value.LastUse);
            Forget(oldest, last, Errno.None);
        }
        Sender sender = new(++_lastNumber, await ConnectAsync(stop));
        _senders[address] = sender;
        string who = address.Kind == UnixEndPointKind.Unnamed ? "somebody without an address" : address.ToString();
        log.Say($"sender {sender.Number} is {who}");
        observer?.Opened(sender.Number, who);
        if (address.Kind != UnixEndPointKind.Unnamed)
            _ = AnswerAsync(socket, address, sender, stop);
        return sender;
    }

    private async Task<UnixDatagram> ConnectAsync(CancellationToken stop)
    {
        long deadline = Environment.TickCount64 + (long)(options.Wait ?? TimeSpan.Zero).TotalMilliseconds;
        while (true)
        {
            // An abstract name of the kernel's choice; only the server can send to it, because the socket is connected to that.
            var socket = UnixDatagram.Bind(UnixEndPoint.Autobind, new UnixDatagramOptions
            {
                PeerPolicy = options.RequireServer ?? PeerPolicy.Anyone,
                AcceptDescriptors = options.PassesDescriptors,
            });
            try
            {
                socket.Connect(options.To.Local!);
                return socket;
            }
            catch (UnixSocketException error)
            {
                socket.Dispose();
                if (error.Errno is not (Errno.ENOENT or Errno.ECONNREFUSED) || Environment.TickCount64 >= deadline)
                    throw;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), stop); // nothing tells when somebody binds that name
        }
    }

    private void Forget(UnixEndPoint address, Sender sender, Errno errno)
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

        /// <summary>One direction is counted by one task, descriptors by both.</summary>
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
