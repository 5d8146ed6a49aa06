using System.Diagnostics.Metrics;

namespace Samehost.Serving;

/// <summary>
/// What the servers at an address count, on the meter "Samehost" (for dotnet-counters, OpenTelemetry and the like), tagged with the
/// address.
/// </summary>
/// <remarks>All instruments are observable: a listener reads the sums when it wants to, whenever it has attached, and none of its code runs
/// on a server's threads.</remarks>
internal sealed class ServerMetrics
{
    private const int MostAddresses = 1024;

    private static readonly Meter Meter = new("Samehost");
    private static readonly Dictionary<string, ServerMetrics> ByAddress = [];

    // The name that OpenTelemetry's conventions give to the address of a local socket.
    private readonly KeyValuePair<string, object?> _tag;
    private int _servers; // under the lock of the dictionary
    private long _active;
    private long _accepted;
    private long _refused;
    private long _failed;
    private long _delayed;

    static ServerMetrics()
    {
        Meter.CreateObservableUpDownCounter("samehost.server.active_connections",
            static () => Measure(static m => Volatile.Read(ref m._active)), "{connection}", "Connections being served.");
        Meter.CreateObservableCounter("samehost.server.accepted_connections",
            static () => Measure(static m => Volatile.Read(ref m._accepted)), "{connection}", "Connections accepted and served.");
        Meter.CreateObservableCounter("samehost.server.refused_connections",
            static () => Measure(static m => Volatile.Read(ref m._refused)), "{connection}", "Connections closed unserved.");
        Meter.CreateObservableCounter("samehost.server.failed_handlers",
            static () => Measure(static m => Volatile.Read(ref m._failed)), "{handler}", "Handlers that threw.");
        Meter.CreateObservableCounter("samehost.server.delayed_accepts",
            static () => Measure(static m => Volatile.Read(ref m._delayed)), "{accept}",
            "Accepts that failed for want of descriptors or memory and were tried again.");
    }

    private ServerMetrics(string address) => _tag = new("server.address", address);

    /// <summary>Returns the counts of an address, for a server that starts there. They go on from what earlier servers there have
    /// counted.</summary>
    public static ServerMetrics Enter(UnixEndPoint endPoint)
    {
        string address = endPoint.ToString();
        lock (ByAddress)
        {
            if (!ByAddress.TryGetValue(address, out var metrics))
            {
                if (ByAddress.Count >= MostAddresses)
                    ForgetUnused();
                ByAddress.Add(address, metrics = new ServerMetrics(address));
            }

            metrics._servers++;
            return metrics;
        }
    }

    /// <summary>Marks the end of a server. The counts stay until there are many addresses.</summary>
    public void Leave()
    {
        lock (ByAddress)
            _servers--;
    }

    public void Started()
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _active);
    }

    public void Ended() => Interlocked.Decrement(ref _active);

    public void Refused() => Interlocked.Increment(ref _refused);

    public void Failed() => Interlocked.Increment(ref _failed);

    public void Delayed() => Interlocked.Increment(ref _delayed);

    private static void ForgetUnused()
    {
        foreach (var (address, metrics) in ByAddress)
        {
            if (metrics._servers == 0 && Volatile.Read(ref metrics._active) == 0)
                ByAddress.Remove(address);
        }
    }

    // A list, made under the lock: what reads it is a listener's code.
    private static List<Measurement<long>> Measure(Func<ServerMetrics, long> count)
    {
        lock (ByAddress)
            return [.. ByAddress.Values.Select(m => new Measurement<long>(count(m), m._tag))];
    }
}
