using System.Net.Sockets;
using Samehost.Tool.Cli;
using Samehost.Tool.Connections;
using Samehost.Tool.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Relay;

/// <summary>Accepts clients at one address and connects each to another address.</summary>
internal sealed class RelayServer(RelayOptions options, RelayLoopGroup loops, IRelayObserver? observer, RelayLog log)
{
    private readonly RelayConnector _target = new(options);
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastNumber;

    /// <summary>Runs until it is canceled or, with --once, until the first connection has ended.</summary>
    /// <returns>The command's exit status.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (options.SocketType == SocketType.Dgram)
            return await new DatagramRelay(options, observer, log).RunAsync(DescribeIdentity(), cancellationToken);
        await using var clients = RelayListener.Open(options, ServeAsync, log);
        observer?.Listening();
        log.Info($"relaying {clients.Address} to {options.To}; {DescribeIdentity()}");
        try
        {
            await Task.WhenAny(_ended.Task, loops.Failed, clients.Completion).Unwrap().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitStatus.Success;
        }
        finally
        {
            loops.Stop();
        }
        return _ended.Task.IsCompletedSuccessfully && !await _ended.Task ? ExitStatus.Failure : ExitStatus.Success;
    }

    private string DescribeIdentity() => options.To.Kind == ToolAddressKinds.Tcp
        ? "the server sees connections from this machine, not the identity of the clients"
        : $"the server sees this relay's credentials ({FormatOwnCredentials()}) instead of its clients'";

    private static string FormatOwnCredentials()
    {
        var own = UnixCredentials.Current;
        return $"uid {own.UserId}, gid {own.GroupId}, pid {own.ProcessId}";
    }

    private async Task ServeAsync(RelayEndpoint client, CancellationToken cancellationToken)
    {
        if (client.IsOwnProcess)
        {
            client.Dispose(); // FROM is TO by another name: RelayConnector reports it
            return;
        }
        var number = Interlocked.Increment(ref _lastNumber);
        if (options.Once && number > 1)
        {
            client.Dispose();
            return;
        }
        var succeeded = false;
        try
        {
            log.Info($"connection {number} from {client.Description}");
            observer?.Opened(number, client.Description);
            var end = await JoinAsync(number, client, cancellationToken);
            observer?.Closed(number, end);
            succeeded = end.Failure == Errno.None && !end.Stopped;
            if (!end.Stopped)
                log.Info($"connection {number} {end}");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _ended.TrySetException(error); // the observer failed
        }
        finally
        {
            client.Dispose();
            if (options.Once || options.To.Kind == ToolAddressKinds.Descriptor)
                _ended.TrySetResult(succeeded);
        }
    }

    private async Task<RelayLinkResult> JoinAsync(int number, RelayEndpoint client, CancellationToken cancellationToken)
    {
        RelayEndpoint server;
        try
        {
            server = await _target.ConnectAsync(cancellationToken);
        }
        catch (SocketException error)
        {
            log.Problem($"connection {number} cannot be relayed", error);
            if (!client.End.IsLocal)
                _ = LibcStructOptions.ResetOnClose(client.End.Socket);
            return RelayLinkResult.Unreachable((Errno)((error as UnixSocketException)?.ErrorCode ?? error.NativeErrorCode));
        }
        using (server)
        {
            var toServer = CreatePump(number, client.End, server.End, Direction.ToServer);
            var toClient = CreatePump(number, server.End, client.End, Direction.ToClient);
            var link = new RelayLink(number, toServer, toClient);
            loops.Add(link);
            return await link.Completion;
        }
    }

    private RelayPump CreatePump(int number, RelaySocket source, RelaySocket sink, Direction direction)
    {
        var descriptorsMayCome = source.IsLocal && sink.IsLocal && options.PassesDescriptors;
        if (observer is null && !source.HasRecords && !descriptorsMayCome)
            return new BytePump(source, sink, direction);
        return new MessagePump(source, sink, direction)
        {
            Observer = observer is null ? null : (way, bytes, descriptors) =>
                observer.Passed(number, way, bytes, descriptors.Length == 0 ? [] : [.. descriptors.Select(DescriptorExtensions.GetKind)]),
            Ended = observer is null ? null : pump => observer.Ended(number, pump.Direction),
        };
    }
}

/// <summary>Connects to the server, once for each client.</summary>
internal sealed class RelayConnector(RelayOptions options)
{
    private int _inheritedIsTaken;

    /// <exception cref="SocketException">The server cannot be reached; a <see cref="UnixSocketException"/> when it is local.</exception>
    public async Task<RelayEndpoint> ConnectAsync(CancellationToken cancellationToken)
    {
        var to = options.To;
        if (to.Kind == ToolAddressKinds.Tcp)
            return TcpConnector.Adopt(await TcpConnector.ConnectAsync(to.Host, to.Port, options.Wait, cancellationToken));
        if (to.Kind == ToolAddressKinds.Descriptor)
        {
            return Interlocked.Exchange(ref _inheritedIsTaken, 1) == 0
                ? InheritedSocket.Open(to).ToEndpoint(options)
                : throw new SocketException((int)SocketError.IsConnected, $"{to} is one connection, which is in use already");
        }
        var server = options.SocketType == SocketType.Seqpacket
            ? RelayEndpoint.Of(await UnixSeqpacket.ConnectAsync(to.Local!, options.ConnectOptions, cancellationToken))
            : RelayEndpoint.Of(await UnixStream.ConnectAsync(to.Local!, options.ConnectOptions, cancellationToken));
        if (!server.IsOwnProcess)
            return server;
        // FROM by another name, such as a symbolic link: each connection would create another one, until there are no descriptors left.
        server.Dispose();
        throw new UnixSocketException(Errno.EDEADLK, "connect", to.Local,
            "The server there is this relay itself: TO has to be the server's address, and FROM another one.");
    }
}

/// <summary>Writes the log of the relay to standard error.</summary>
internal sealed class RelayLog(bool isQuiet)
{
    public void Info(string text)
    {
        if (!isQuiet)
            TerminalWriter.WriteError(text);
    }

    /// <summary>Logs a problem, also with --quiet.</summary>
    public void Problem(string what, Exception error)
    {
        TerminalWriter.WriteError($"{what}: {ErrorReport.Summary(error)}");
        if (!isQuiet && ErrorReport.Hint(error) is { } hint)
            TerminalWriter.WriteHint(hint);
    }
}
