using System.Diagnostics.Metrics;

namespace Samehost.Serving;

/// <summary>What a server counts, on the meter "Samehost" (for dotnet-counters, OpenTelemetry and the like).</summary>
internal static class ServerMetrics
{
    private static readonly Meter Meter = new("Samehost");

    public static readonly UpDownCounter<int> Active = Meter.CreateUpDownCounter<int>(
        "samehost.server.active_connections", "{connection}", "Connections being served.");

    public static readonly Counter<long> Accepted = Meter.CreateCounter<long>(
        "samehost.server.accepted_connections", "{connection}", "Connections accepted and served.");

    public static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "samehost.server.refused_connections", "{connection}", "Connections closed unserved.");

    public static readonly Counter<long> Failed = Meter.CreateCounter<long>(
        "samehost.server.failed_handlers", "{handler}", "Handlers that threw.");

    public static readonly Counter<long> Delayed = Meter.CreateCounter<long>(
        "samehost.server.delayed_accepts", "{accept}", "Accepts that failed for want of descriptors or memory and were tried again.");
}
