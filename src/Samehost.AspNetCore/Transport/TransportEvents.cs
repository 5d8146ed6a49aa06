using Microsoft.Extensions.Logging;

namespace Samehost.AspNetCore.Transport;

/// <summary>Writes what happens to the log.</summary>
internal sealed partial class TransportEvents(ILogger logger, string address) : UnixServerEvents
{
    public override void ConnectionRefused(UnixServerRefusal refusal)
    {
        if (!logger.IsEnabled(LogLevel.Information))
            return; // without looking names up
        if (refusal.LeftOut == 0)
            Refused(logger, address, refusal.UserId, refusal.Reason);
        else
            RefusedMany(logger, address, refusal.UserId, refusal.Reason, refusal.LeftOut);
    }

    public override void AcceptDelayed(UnixSocketException error) => Delayed(logger, address, error.Message);

    public override void HandlerFailed(UnixServerConnection connection, Exception error) => Failed(logger, address, error);

    public override void EventHandlerFailed(string eventName, Exception error) => LoggingFailed(logger, address, eventName, error);

    [LoggerMessage(1, LogLevel.Information, "A connection to {Address} by user {UserId} was refused: {Reason}")]
    private static partial void Refused(ILogger logger, string address, uint userId, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Accepting on {Address} pauses until there is room: {Error}")]
    private static partial void Delayed(ILogger logger, string address, string error);

    [LoggerMessage(3, LogLevel.Error, "A connection to {Address} failed")]
    private static partial void Failed(ILogger logger, string address, Exception error);

    [LoggerMessage(4, LogLevel.Information, "A new process has taken {Address} over; this one finishes its requests and stops")]
    public static partial void HandedOver(ILogger logger, string address);

    [LoggerMessage(5, LogLevel.Information, "Took {Address} over from a running process")]
    public static partial void TookOver(ILogger logger, string address);

    [LoggerMessage(6, LogLevel.Warning, "A handover of {Address} failed")]
    public static partial void HandoverFailed(ILogger logger, string address, Exception error);

    [LoggerMessage(7, LogLevel.Error, "Accepting on {Address} has ended")]
    public static partial void AcceptEnded(ILogger logger, string address, Exception? error);

    [LoggerMessage(8, LogLevel.Warning,
        "There is room for about {Connections} connections at a time, of {Address} and all other endpoints together, and others wait: "
        + "the process may open no more files (ulimit -n)")]
    public static partial void LittleRoom(ILogger logger, string address, int connections);

    [LoggerMessage(9, LogLevel.Error, "The application's callback at the end of a connection to {Address} failed")]
    public static partial void CallbackFailed(ILogger logger, string address, Exception error);

    [LoggerMessage(10, LogLevel.Information, "The process that was to hand {Address} over has left; trying again ({Error})")]
    public static partial void PredecessorLeft(ILogger logger, string address, string error);

    [LoggerMessage(11, LogLevel.Critical,
        "This process took {Address} over from a running one, which stops for that, and then did not start itself: nobody serves it any "
        + "more. Name endpoints that cannot be taken over, such as TCP ports, before those that can")]
    public static partial void TookOverInVain(ILogger logger, string address);

    [LoggerMessage(12, LogLevel.Information,
        "A connection to {Address} by user {UserId} was refused: {Reason} ({LeftOut} more since the last report)")]
    private static partial void RefusedMany(ILogger logger, string address, uint userId, string reason, long leftOut);

    [LoggerMessage(13, LogLevel.Error, "Reporting {Event} of {Address} failed")]
    private static partial void LoggingFailed(ILogger logger, string address, string @event, Exception error);
}
