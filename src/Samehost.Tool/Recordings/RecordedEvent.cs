using Samehost.Tool.Output;
using Samehost.Tool.Relays;

namespace Samehost.Tool.Recordings;

/// <summary>Something that happened in a connection.</summary>
internal sealed record RecordedEvent(
    int Line, double Time, int Connection, string Event, Direction Direction, byte[] Bytes, int Descriptors)
{
    /// <param name="line">What the file says.</param>
    /// <param name="number">Of the line in the file.</param>
    /// <param name="open">Which connections are open; is brought up to date.</param>
    /// <returns>The event, or what is wrong with it.</returns>
    public static (RecordedEvent? Event, string? Problem) From(RecordingLine line, int number, Dictionary<int, bool> open)
    {
        if (line.Event is null)
            return (null, "there is no event");
        if (line.Connection is not (> 0 and var connection))
            return (null, "there is no number of a connection");
        if (line.Time is not (>= 0 and var time))
            return (null, "there is no time");
        bool known = open.TryGetValue(connection, out bool isOpen);
        if (line.Event == RecordingLine.Open ? known : !isOpen)
            return (null, $"connection {connection} {(!known ? "was never opened" : isOpen ? "is open already" : "was closed before")}");

        Direction? direction = line.Direction switch
        {
            RecordingLine.ToServer => Relays.Direction.ToServer,
            RecordingLine.ToClient => Relays.Direction.ToClient,
            _ => null,
        };
        switch (line.Event)
        {
            case RecordingLine.Open or RecordingLine.Close:
                open[connection] = line.Event == RecordingLine.Open;
                break;
            case RecordingLine.Data or RecordingLine.End when direction is null:
                return (null, $"the direction is neither {RecordingLine.ToServer} nor {RecordingLine.ToClient}");
            case RecordingLine.Data when line.Bytes is null:
                return (null, "there are no bytes");
            case RecordingLine.Data or RecordingLine.End:
                break;
            default:
                return (null, $"\"{Printable.Text(line.Event)}\" is no event");
        }
        return (new RecordedEvent(
            number, time, connection, line.Event, direction ?? default, line.Bytes ?? [], line.Descriptors?.Length ?? 0), null);
    }
}
