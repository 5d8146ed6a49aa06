using Samehost.Systemd;
using Samehost.Tool.Connections;

namespace Samehost.Tool.Serve;

/// <summary>What is done with each connection.</summary>
internal abstract class ConnectionHandler
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when there is nothing left to serve for, with the reason if that is a failure.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Serves one connection, which is closed afterwards. The token tells that clients are to leave.</summary>
    public abstract Task ServeAsync(ToolConnection connection, ClientInfo caller, CancellationToken closing);

    /// <summary>The time to drain is over.</summary>
    public virtual Task AbandonAsync() => Task.CompletedTask;

    protected void End(Exception? failure = null)
    {
        if (failure is null)
            _ended.TrySetResult();
        else if (_ended.TrySetException(failure))
            _ = _ended.Task.Exception; // whoever ends the command reads it as well
    }
}

/// <summary><c>--echo</c>: everything is sent back.</summary>
internal sealed class EchoHandler(ServeSettings settings, ServeLog log) : ConnectionHandler
{
    private const int StreamBuffer = 32 * 1024;
    private const int RecordBuffer = 256 * 1024;

    public override async Task ServeAsync(ToolConnection connection, ClientInfo caller, CancellationToken closing)
    {
        log.Note($"connected: {caller}");
        using var idle = new IdleTimer(settings.IdleTimeout);
        using var limit = new IdleTimer(settings.TimeLimit);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, limit.Token);
        // What has arrived is still answered.
        using var stop = closing.Register(connection.StopReading);
        using var buffer = new OnDemandBuffer(connection.KeepsRecords ? RecordBuffer : StreamBuffer);
        try
        {
            while (await connection.ReceiveAsync(buffer, over.Token) is >= 0 and int got)
            {
                await connection.SendAsync(buffer.Received(got), over.Token);
                buffer.Return();
                idle.Touch();
            }
            log.Note($"ended: {caller}");
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            log.Note($"closed for its {(idle.HasExpired ? "idleness" : "length")}: {caller}");
        }
    }
}

/// <summary>Who is at the other end of a connection, as the kernel knows it, and the names of both ends.</summary>
internal sealed record ClientInfo(PeerCredentials Peer, UnixEndPoint Local, UnixEndPoint Remote)
{
    private static readonly string[] NotForChildren =
    [
        .. ServiceEnvironment.Variables,
        "PROTO", "IPCREMOTEPID", "IPCREMOTEEUID", "IPCREMOTEEGID", "IPCREMOTEPATH", "IPCLOCALPATH",
    ];

    public static ClientInfo Of(UnixStream stream) => new(stream.GetPeerCredentials(), stream.LocalEndPoint, stream.RemoteEndPoint);

    public static ClientInfo Of(UnixSeqpacket seqpacket) =>
        new(seqpacket.GetPeerCredentials(), seqpacket.LocalEndPoint, seqpacket.RemoteEndPoint);

    /// <summary>For logs.</summary>
    public override string ToString() => Peer.ToString();

    /// <summary>
    /// Our environment and, by the convention of UCSPI, who calls. Names are printed forms: an address in them can be typed, and a name
    /// that a stranger has chosen holds no control character. What our service manager meant for us is left out.
    /// </summary>
    public string[] Environment()
    {
        List<string> all = ["PROTO=IPC", $"IPCREMOTEPID={Peer.ProcessId}", $"IPCREMOTEEUID={Peer.UserId}", $"IPCREMOTEEGID={Peer.GroupId}"];
        if (Local.Kind != UnixEndPointKind.Unnamed)
            all.Add($"IPCLOCALPATH={Local}");
        if (Remote.Kind != UnixEndPointKind.Unnamed)
            all.Add($"IPCREMOTEPATH={Remote}");
        foreach (System.Collections.DictionaryEntry own in System.Environment.GetEnvironmentVariables())
        {
            if (!NotForChildren.Contains((string)own.Key))
                all.Add($"{own.Key}={own.Value}");
        }
        return [.. all];
    }
}
