using Microsoft.Extensions.Logging;

namespace Samehost.Hosting;

/// <summary>Logs the events of a hosted server.</summary>
internal sealed partial class HostedServerLog(ILogger logger, string server) : UnixServerEvents
{
    public override void ConnectionStarted(UnixServerConnection connection)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            Connected(logger, server, connection.UserId, connection.Peer.ProcessId);
    }

    public override void ConnectionEnded(UnixServerConnection connection)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            Ended(logger, server, connection.UserId, connection.Peer.ProcessId);
    }

    public override void HandlerFailed(UnixServerConnection connection, Exception error) =>
        Failed(logger, server, connection.UserId, connection.Peer.ProcessId, error);

    public override void ConnectionRefused(UnixServerRefusal refusal)
    {
        if (logger.IsEnabled(LogLevel.Information)) // the reason looks up names
            Refused(logger, server, refusal.UserId, refusal.Reason, refusal.UnreportedCount);
    }

    public override void AcceptDelayed(UnixSocketException error) => AcceptPaused(logger, server, error.Message);

    public override void EventHandlerFailed(string eventName, Exception error) => LoggingFailed(logger, server, eventName, error);

    [LoggerMessage(1, LogLevel.Information, "Server {Server} is listening on {Address}")]
    public static partial void Listening(ILogger logger, string server, UnixEndPoint address);

    [LoggerMessage(2, LogLevel.Debug, "A connection to server {Server} by user {UserId}, process {ProcessId}")]
    private static partial void Connected(ILogger logger, string server, uint userId, int processId);

    [LoggerMessage(3, LogLevel.Debug, "The connection to server {Server} by user {UserId}, process {ProcessId}, has ended")]
    private static partial void Ended(ILogger logger, string server, uint userId, int processId);

    [LoggerMessage(4, LogLevel.Error, "The handler of a connection to server {Server} by user {UserId}, process {ProcessId}, failed")]
    private static partial void Failed(ILogger logger, string server, uint userId, int processId, Exception error);

    [LoggerMessage(5, LogLevel.Information,
        "A connection to server {Server} by user {UserId} was refused: {Reason} ({UnreportedCount} more since the last report)")]
    private static partial void Refused(ILogger logger, string server, uint userId, string reason, long unreportedCount);

    [LoggerMessage(6, LogLevel.Warning, "Accepting connections to server {Server} is paused until resources are available: {Error}")]
    private static partial void AcceptPaused(ILogger logger, string server, string error);

    [LoggerMessage(7, LogLevel.Critical, "Server {Server} cannot accept connections any more; the application stops")]
    public static partial void AcceptStopped(ILogger logger, string server, Exception? error);

    [LoggerMessage(8, LogLevel.Warning, "Server {Server} stopped with {Connections} connections whose handlers had not ended in time")]
    public static partial void NotDrained(ILogger logger, string server, int connections);

    [LoggerMessage(9, LogLevel.Information, "Server {Server} accepted the handover of {Address} from a running process")]
    public static partial void HandoverAccepted(ILogger logger, string server, UnixEndPoint address);

    [LoggerMessage(10, LogLevel.Information, "A successor has accepted the handover of server {Server}; this process stops")]
    public static partial void HandedOver(ILogger logger, string server);

    [LoggerMessage(11, LogLevel.Warning, "A handover of server {Server} failed")]
    public static partial void HandoverFailed(ILogger logger, string server, Exception error);

    [LoggerMessage(12, LogLevel.Information, "The predecessor broke off the handover of server {Server}; retrying ({Error})")]
    public static partial void HandoverRetried(ILogger logger, string server, string error);

    [LoggerMessage(14, LogLevel.Warning, "systemd passed no socket for server {Server} to this process: {Hint}")]
    public static partial void SocketsPassedToOther(ILogger logger, string server, string hint);

    [LoggerMessage(13, LogLevel.Error, "Logging {Event} of server {Server} failed")]
    private static partial void LoggingFailed(ILogger logger, string server, string @event, Exception error);
}
