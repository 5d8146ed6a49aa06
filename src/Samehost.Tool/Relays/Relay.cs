using System.Net.Sockets;
using Samehost.Ancillary;
using Samehost.Tool.Arguments;
using Samehost.Tool.Commands;
using Samehost.Tool.Interop;

namespace Samehost.Tool.Relays;

/// <summary>Accepts clients at one address and joins each to a connection of its own to another address.</summary>
internal sealed class Relay(RelayOptions options, RelayCrew crew, IRelayWatcher? watcher, RelayLog log)
{
    private readonly RelayTarget _target = new(options);
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastNumber;

    /// <summary>Runs until it is stopped or, where one connection is all that is wanted, until that has ended.</summary>
    /// <returns>The command's exit status.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        if (options.Kind == SocketKind.Datagram)
            return await new DatagramRelay(options, watcher, log).RunAsync(Disguise(), stop);
        await using RelayClients clients = RelayClients.Open(options, ServeAsync, log);
        watcher?.Listening();
        log.Say($"relaying {clients.Address} to {options.To}; {Disguise()}");
        try
        {
            await Task.WhenAny(_ended.Task, crew.Failed, clients.Completion).Unwrap().WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitStatus.Failed; // the signal's number takes its place
        }
        finally
        {
            crew.Stop();
        }
        return _ended.Task.IsCompletedSuccessfully && !await _ended.Task ? ExitStatus.Failed : ExitStatus.Done;
    }

    private string Disguise() => options.To.Kind == ToolAddressKinds.Tcp
        ? "the server sees connections from this machine, and nothing of who the clients are"
        : $"the server sees this relay's credentials ({SelfText()}) instead of its clients'";

    private static string SelfText()
    {
        UnixCredentials own = UnixCredentials.Own;
        return $"uid {own.UserId}, gid {own.GroupId}, pid {own.ProcessId}";
    }

    private async Task ServeAsync(RelayPeer client, CancellationToken stop)
    {
        if (client.IsOurselves)
        {
            client.Dispose(); // FROM is TO by another name: whoever connected is told by RelayTarget
            return;
        }
        int number = Interlocked.Increment(ref _lastNumber);
        if (options.Once && number > 1)
        {
            client.Dispose();
            return;
        }
        bool good = false;
        try
        {
            log.Say($"connection {number} from {client.Who}");
            watcher?.Opened(number, client.Who);
            LinkEnd end = await JoinAsync(number, client, stop);
            watcher?.Closed(number, end);
            good = end.Failure == Errno.None && !end.Stopped;
            if (!end.Stopped)
                log.Say($"connection {number} {end}");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _ended.TrySetException(error); // what was to be noted could not be
        }
        finally
        {
            client.Dispose();
            if (options.Once || options.To.Kind == ToolAddressKinds.Descriptor)
                _ended.TrySetResult(good);
        }
    }

    private async Task<LinkEnd> JoinAsync(int number, RelayPeer client, CancellationToken stop)
    {
        RelayPeer server;
        try
        {
            server = await _target.ConnectAsync(stop);
        }
        catch (SocketException error)
        {
            log.Problem($"connection {number} goes nowhere", error);
            if (!client.End.IsLocal)
                _ = LibcLinger.ResetOnClose(client.End.Socket);
            return LinkEnd.Unreachable((Errno)((error as UnixSocketException)?.ErrorCode ?? error.NativeErrorCode));
        }
        using (server)
        {
            var link = new Link(
                number, Flow(number, client.End, server.End, Direction.ToServer), Flow(number, server.End, client.End, Direction.ToClient));
            crew.Add(link);
            return await link.Completion;
        }
    }

    private Flow Flow(int number, RelayEnd source, RelayEnd sink, Direction direction)
    {
        bool descriptorsMayCome = source.IsLocal && sink.IsLocal && options.PassesDescriptors;
        if (watcher is null && !source.HasRecords && !descriptorsMayCome)
            return new ByteFlow(source, sink, direction);
        return new MessageFlow(source, sink, direction)
        {
            Watch = watcher is null ? null : (way, bytes, descriptors) =>
                watcher.Passed(number, way, bytes, descriptors.Length == 0 ? [] : [.. descriptors.Select(DescriptorKind.Of)]),
            Ended = watcher is null ? null : flow => watcher.Ended(number, flow.Direction),
        };
    }
}
