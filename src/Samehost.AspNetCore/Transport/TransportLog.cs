using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>Logs the events of an endpoint and of its server.</summary>
internal sealed partial class TransportLog(ILogger logger, string address) : UnixServerEvents
{
    public override void ConnectionRefused(UnixServerRefusal refusal)
    {
        if (!logger.IsEnabled(LogLevel.Information))
            return; // the reason looks up names
        if (refusal.UnreportedCount == 0)
            Refused(logger, address, refusal.UserId, refusal.Reason);
        else
            RefusedMany(logger, address, refusal.UserId, refusal.Reason, refusal.UnreportedCount);
    }

    public override void AcceptDelayed(UnixSocketException error) => AcceptPaused(logger, address, error.Message);

    public override void HandlerFailed(UnixServerConnection connection, Exception error) => ConnectionFailed(logger, address, error);

    public override void EventHandlerFailed(string eventName, Exception error) => LoggingFailed(logger, address, eventName, error);

    [LoggerMessage(1, LogLevel.Information, "A connection to {Address} by user {UserId} was refused: {Reason}")]
    private static partial void Refused(ILogger logger, string address, uint userId, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Accepting connections on {Address} is paused until resources are available: {Error}")]
    private static partial void AcceptPaused(ILogger logger, string address, string error);

    [LoggerMessage(3, LogLevel.Error, "A connection to {Address} failed")]
    private static partial void ConnectionFailed(ILogger logger, string address, Exception error);

    [LoggerMessage(4, LogLevel.Information,
        "A successor has accepted the handover of {Address}; this process completes its requests and stops")]
    public static partial void HandedOver(ILogger logger, string address);

    [LoggerMessage(5, LogLevel.Information, "Accepted the handover of {Address} from a running process")]
    public static partial void HandoverAccepted(ILogger logger, string address);

    [LoggerMessage(6, LogLevel.Warning, "A handover of {Address} failed")]
    public static partial void HandoverFailed(ILogger logger, string address, Exception error);

    [LoggerMessage(7, LogLevel.Error, "Accepting connections on {Address} has stopped")]
    public static partial void AcceptStopped(ILogger logger, string address, Exception? error);

    [LoggerMessage(8, LogLevel.Warning,
        "The descriptor limit of the process (ulimit -n) allows about {Connections} concurrent connections to {Address} and all other "
        + "endpoints together; further connections wait")]
    public static partial void ConnectionsLimited(ILogger logger, string address, int connections);

    [LoggerMessage(9, LogLevel.Error, "A callback of the application failed at the end of a connection to {Address}")]
    public static partial void ConnectionClosedCallbackFailed(ILogger logger, string address, Exception error);

    [LoggerMessage(10, LogLevel.Information, "The predecessor broke off the handover of {Address}; retrying ({Error})")]
    public static partial void HandoverRetried(ILogger logger, string address, string error);

    [LoggerMessage(11, LogLevel.Critical,
        "This process accepted the handover of {Address} and then failed to start: its predecessor stops, and no process serves the "
        + "address. Configure endpoints without handover, such as TCP ports, before those with it")]
    public static partial void StartFailedAfterHandover(ILogger logger, string address);

    [LoggerMessage(12, LogLevel.Information,
        "A connection to {Address} by user {UserId} was refused: {Reason} ({UnreportedCount} more since the last report)")]
    private static partial void RefusedMany(ILogger logger, string address, uint userId, string reason, long unreportedCount);

    [LoggerMessage(14, LogLevel.Warning, "systemd passed no socket for {Address} to this process, which binds the address: {Hint}")]
    public static partial void SocketsPassedToOther(ILogger logger, string address, string hint);

    [LoggerMessage(15, LogLevel.Warning,
        "A client sent the path of a socket, {Authority}, as the host of its requests, as gRPC clients in Python, C++ and Ruby do by "
        + "default; Kestrel refuses such requests. Set the option grpc.default_authority of the client's channel to localhost")]
    public static partial void PathAsAuthority(ILogger logger, string authority);

    [LoggerMessage(13, LogLevel.Error, "Logging {Event} of {Address} failed")]
    private static partial void LoggingFailed(ILogger logger, string address, string @event, Exception error);
}
