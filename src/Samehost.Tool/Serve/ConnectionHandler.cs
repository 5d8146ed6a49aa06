using Samehost.Systemd;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Serve;

/// <summary>Handles the connections of a server.</summary>
internal abstract class ConnectionHandler
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the command is to end, with the error if there is one.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Serves one connection, which the caller closes afterwards. The token is canceled when the server begins to drain.</summary>
    public abstract Task ServeAsync(ToolConnection connection, ClientInfo client, CancellationToken stoppingToken);

    /// <summary>Ends what still runs when the drain timeout is over.</summary>
    public virtual Task EndAllAsync() => Task.CompletedTask;

    protected void Complete(Exception? failure = null)
    {
        if (failure is null)
            _completion.TrySetResult();
        else if (_completion.TrySetException(failure))
            _ = _completion.Task.Exception; // observed: the session also awaits it
    }
}

/// <summary>Handles <c>--echo</c>: sends everything back.</summary>
internal sealed class EchoHandler(ServeSettings settings, ServeLog log) : ConnectionHandler
{
    private const int StreamBuffer = 32 * 1024;
    private const int RecordBuffer = 256 * 1024;

    public override async Task ServeAsync(ToolConnection connection, ClientInfo client, CancellationToken stoppingToken)
    {
        log.Verbose($"connected: {client}");
        using var idle = settings.IdleTimeout is { } idleTimeout ? new IdleTimer(idleTimeout) : null;
        using var limit = settings.TimeLimit is { } timeLimit ? new IdleTimer(timeLimit) : null;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(idle?.Token ?? default, limit?.Token ?? default);
        // A token that can be canceled costs each request a registration.
        var cancellationToken = idle is null && limit is null ? CancellationToken.None : timeout.Token;
        // Data that has arrived is still answered.
        using var registration = stoppingToken.Register(connection.ShutdownReceive);
        using var buffer = new OnDemandBuffer(connection.PreservesMessages ? RecordBuffer : StreamBuffer);
        try
        {
            while (await connection.ReceiveAsync(buffer, cancellationToken) is var got && !connection.IsEnd(got))
            {
                await connection.SendAsync(buffer.Received(got), cancellationToken);
                buffer.Return();
                idle?.Restart();
            }
            log.Verbose($"ended: {client}");
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            log.Verbose($"closed at its {(idle is { HasExpired: true } ? "idle timeout" : "time limit")}: {client}");
        }
    }
}

/// <summary>The client of a connection: its credentials as the kernel reports them, and the addresses of both ends.</summary>
internal sealed record ClientInfo(PeerCredentials Peer, UnixEndPoint Local, UnixEndPoint Remote)
{
    private static readonly string[] ExcludedVariables =
    [
        .. ServiceEnvironment.Variables,
        "PROTO", "IPCREMOTEPID", "IPCREMOTEEUID", "IPCREMOTEEGID", "IPCREMOTEPATH", "IPCLOCALPATH",
    ];

    public static ClientInfo Of(UnixStream stream) => new(stream.GetPeerCredentials(), stream.LocalEndPoint, stream.RemoteEndPoint);

    public static ClientInfo Of(UnixSeqpacket seqpacket) =>
        new(seqpacket.GetPeerCredentials(), seqpacket.LocalEndPoint, seqpacket.RemoteEndPoint);

    /// <summary>Formats the client for logs.</summary>
    public override string ToString() => Peer.ToString();

    /// <summary>
    /// Creates the environment of a child: ours without the service manager's variables, and the client's identity by the convention of
    /// UCSPI. Names are in their printed form: they can be typed again, and a name chosen by a client contains no control character.
    /// </summary>
    public string[] CreateEnvironment()
    {
        List<string> all = ["PROTO=IPC", $"IPCREMOTEPID={Peer.ProcessId}", $"IPCREMOTEEUID={Peer.UserId}", $"IPCREMOTEEGID={Peer.GroupId}"];
        if (Local.Kind != UnixEndPointKind.Unnamed)
            all.Add($"IPCLOCALPATH={Local}");
        if (Remote.Kind != UnixEndPointKind.Unnamed)
            all.Add($"IPCREMOTEPATH={Remote}");
        foreach (System.Collections.DictionaryEntry own in System.Environment.GetEnvironmentVariables())
        {
            if (!ExcludedVariables.Contains((string)own.Key))
                all.Add($"{own.Key}={own.Value}");
        }
        return [.. all];
    }
}
