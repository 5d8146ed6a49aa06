using System.Net.Sockets;
using Samehost.Ancillary;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Relay;

/// <summary>Accepts clients at one address and joins each to a connection of its own to another address.</summary>
internal sealed class RelayServer(RelayOptions options, RelayLoopGroup loops, IRelayObserver? observer, RelayLog log)
{
    private readonly RelayConnector _target = new(options);
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastNumber;

    /// <summary>Runs until it is stopped or, where one connection is all that is wanted, until that has ended.</summary>
    /// <returns>The command's exit status.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        if (options.Kind == SocketKind.Datagram)
            return await new DatagramRelay(options, observer, log).RunAsync(Disguise(), stop);
        await using RelayListener clients = RelayListener.Open(options, ServeAsync, log);
        observer?.Listening();
        log.Say($"relaying {clients.Address} to {options.To}; {Disguise()}");
        try
        {
            await Task.WhenAny(_ended.Task, loops.Failed, clients.Completion).Unwrap().WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitStatus.Failure; // the signal's number takes its place
        }
        finally
        {
            loops.Stop();
        }
        return _ended.Task.IsCompletedSuccessfully && !await _ended.Task ? ExitStatus.Failure : ExitStatus.Success;
    }

    private string Disguise() => options.To.Kind == ToolAddressKinds.Tcp
        ? "the server sees connections from this machine, and nothing of who the clients are"
        : $"the server sees this relay's credentials ({SelfText()}) instead of its clients'";

    private static string SelfText()
    {
        UnixCredentials own = UnixCredentials.Current;
        return $"uid {own.UserId}, gid {own.GroupId}, pid {own.ProcessId}";
    }

    private async Task ServeAsync(RelayEndpoint client, CancellationToken stop)
    {
        if (client.IsOurselves)
        {
            client.Dispose(); // FROM is TO by another name: whoever connected is told by RelayConnector
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
            observer?.Opened(number, client.Who);
            RelayLinkResult end = await JoinAsync(number, client, stop);
            observer?.Closed(number, end);
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

    private async Task<RelayLinkResult> JoinAsync(int number, RelayEndpoint client, CancellationToken stop)
    {
        RelayEndpoint server;
        try
        {
            server = await _target.ConnectAsync(stop);
        }
        catch (SocketException error)
        {
            log.Problem($"connection {number} goes nowhere", error);
            if (!client.End.IsLocal)
                _ = LibcLinger.ResetOnClose(client.End.Socket);
            return RelayLinkResult.Unreachable((Errno)((error as UnixSocketException)?.ErrorCode ?? error.NativeErrorCode));
        }
        using (server)
        {
            var link = new RelayLink(
                number, RelayPump(number, client.End, server.End, Direction.ToServer), RelayPump(number, server.End, client.End, Direction.ToClient));
            loops.Add(link);
            return await link.Completion;
        }
    }

    private RelayPump RelayPump(int number, RelaySocket source, RelaySocket sink, Direction direction)
    {
        bool descriptorsMayCome = source.IsLocal && sink.IsLocal && options.PassesDescriptors;
        if (observer is null && !source.HasRecords && !descriptorsMayCome)
            return new BytePump(source, sink, direction);
        return new MessagePump(source, sink, direction)
        {
            Watch = observer is null ? null : (way, bytes, descriptors) =>
                observer.Passed(number, way, bytes, descriptors.Length == 0 ? [] : [.. descriptors.Select(DescriptorExtensions.GetKind)]),
            Ended = observer is null ? null : flow => observer.Ended(number, flow.Direction),
        };
    }
}

/// <summary>What clients are relayed to: a new connection for each of them.</summary>
internal sealed class RelayConnector(RelayOptions options)
{
    private int _inheritedIsTaken;

    /// <exception cref="SocketException">The server cannot be reached; a <see cref="UnixSocketException"/> where it is local.</exception>
    public async Task<RelayEndpoint> ConnectAsync(CancellationToken stop)
    {
        ToolAddress to = options.To;
        if (to.Kind == ToolAddressKinds.Tcp)
            return TcpConnector.Adopt(await TcpConnector.ConnectAsync(to.Host, to.Port, options.Wait, stop));
        if (to.Kind == ToolAddressKinds.Descriptor)
        {
            return Interlocked.Exchange(ref _inheritedIsTaken, 1) == 0
                ? InheritedSocket.Open(to).Connection(options)
                : throw new SocketException((int)SocketError.IsConnected, $"{to} is one connection, and somebody has it already");
        }
        RelayEndpoint server = options.Kind == SocketKind.Seqpacket
            ? RelayEndpoint.Of(await UnixSeqpacket.ConnectAsync(to.Local!, options.Connecting, stop))
            : RelayEndpoint.Of(await UnixStream.ConnectAsync(to.Local!, options.Connecting, stop));
        if (!server.IsOurselves)
            return server;
        // FROM by another name, such as a symbolic link: each connection would make one more, until there are no descriptors left.
        server.Dispose();
        throw new UnixSocketException(Errno.EDEADLK, "connect", to.Local,
            "Whoever listens there is this relay itself: TO has to be the server's address, and FROM another one.");
    }
}

/// <summary>Notes for the operator, on standard error.</summary>
internal sealed class RelayLog(bool isQuiet)
{
    public void Say(string text)
    {
        if (!isQuiet)
            TerminalWriter.WriteError(text);
    }

    /// <summary>Something that went wrong, which is said in any case.</summary>
    public void Problem(string what, Exception error)
    {
        TerminalWriter.WriteError($"{what}: {ErrorReport.Summary(error)}");
        if (!isQuiet && ErrorReport.Hint(error) is { } hint)
            TerminalWriter.WriteHint(hint);
    }
}
