using System.Diagnostics.Metrics;

namespace Samehost.Serving;

/// <summary>
/// What a server counts, on the meter "Samehost" (for dotnet-counters, OpenTelemetry and the like), tagged with its address.
/// </summary>
internal sealed class ServerMetrics(UnixEndPoint address)
{
    private static readonly Meter Meter = new("Samehost");

    private static readonly UpDownCounter<long> ActiveConnections = Meter.CreateUpDownCounter<long>(
        "samehost.server.active_connections", "{connection}", "Connections being served.");

    private static readonly Counter<long> AcceptedConnections = Meter.CreateCounter<long>(
        "samehost.server.accepted_connections", "{connection}", "Connections accepted and served.");

    private static readonly Counter<long> RefusedConnections = Meter.CreateCounter<long>(
        "samehost.server.refused_connections", "{connection}", "Connections closed unserved.");

    private static readonly Counter<long> FailedHandlers = Meter.CreateCounter<long>(
        "samehost.server.failed_handlers", "{handler}", "Handlers that threw.");

    private static readonly Counter<long> DelayedAccepts = Meter.CreateCounter<long>(
        "samehost.server.delayed_accepts", "{accept}", "Accepts that failed for want of descriptors or memory and were tried again.");

    // The name that OpenTelemetry's conventions give to the address of a local socket.
    private readonly KeyValuePair<string, object?> _tag = new("server.address", address.ToString());

    public void Started()
    {
        Add(AcceptedConnections, 1);
        Add(ActiveConnections, 1);
    }

    public void Ended() => Add(ActiveConnections, -1);

    public void Refused() => Add(RefusedConnections, 1);

    public void Failed() => Add(FailedHandlers, 1);

    public void Delayed() => Add(DelayedAccepts, 1);

    private void Add(Instrument<long> instrument, long change)
    {
        if (!instrument.Enabled)
            return;
        try
        {
            if (instrument is Counter<long> counter)
                counter.Add(change, _tag);
            else
                ((UpDownCounter<long>)instrument).Add(change, _tag);
        }
#pragma warning disable CA1031 // a MeterListener's exception comes out of Add; it is no reason to lose a connection
        catch
#pragma warning restore CA1031
        {
        }
    }
}
