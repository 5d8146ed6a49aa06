using System.Diagnostics.Metrics;

namespace Samehost.Serving;

/// <summary>
/// What the servers at an address count, on the meter "Samehost" (for dotnet-counters, OpenTelemetry and the like), tagged with the
/// address.
/// </summary>
/// <remarks>All instruments are observable: a listener reads the sums when it wants to, whenever it has attached, and none of its code
/// runs on a server's threads.</remarks>
internal sealed class ServerMetrics
{
    private const int MaxAddresses = 1024;

    private static readonly Dictionary<string, ServerMetrics> ByAddress = [];
    private static Meter? _meter; // under the lock of the dictionary

    // The attribute for the address of a local socket in OpenTelemetry's conventions.
    private readonly KeyValuePair<string, object?> _tag;
    private int _servers; // under the lock of the dictionary
    private long _active;
    private long _accepted;
    private long _refused;
    private long _failed;
    private long _delayed;

    private ServerMetrics(string address) => _tag = new("server.address", address);

    /// <summary>Returns the metrics of an address for a server that starts there; they continue those of earlier servers.</summary>
    public static ServerMetrics Enter(UnixEndPoint endPoint)
    {
        var address = endPoint.ToString();
        lock (ByAddress)
        {
            CreateMeter();
            if (!ByAddress.TryGetValue(address, out var metrics))
            {
                if (ByAddress.Count >= MaxAddresses)
                    RemoveUnused();
                ByAddress.Add(address, metrics = new ServerMetrics(address));
            }

            metrics._servers++;
            return metrics;
        }
    }

    /// <summary>Marks the end of a server. The metrics are kept until there are many addresses.</summary>
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

    /// <summary>Creates the meter with its instruments. If their assembly cannot be loaded because there are no free descriptors, the
    /// server starts without, and the next one tries again.</summary>
    private static void CreateMeter()
    {
        if (_meter is not null)
            return;
        Meter? meter = null;
        try
        {
            meter = new Meter("Samehost");
            meter.CreateObservableUpDownCounter("samehost.server.active_connections",
                static () => Measure(static m => Volatile.Read(ref m._active)), "{connection}", "Connections being served.");
            meter.CreateObservableCounter("samehost.server.accepted_connections",
                static () => Measure(static m => Volatile.Read(ref m._accepted)), "{connection}", "Connections accepted and served.");
            meter.CreateObservableCounter("samehost.server.refused_connections",
                static () => Measure(static m => Volatile.Read(ref m._refused)), "{connection}", "Connections closed unserved.");
            meter.CreateObservableCounter("samehost.server.failed_handlers",
                static () => Measure(static m => Volatile.Read(ref m._failed)), "{handler}", "Handlers that threw.");
            meter.CreateObservableCounter("samehost.server.delayed_accepts",
                static () => Measure(static m => Volatile.Read(ref m._delayed)), "{accept}",
                "Accepts that failed for want of descriptors or memory and were tried again.");
            _meter = meter;
        }
        catch (Exception e) when (e is IOException or TypeInitializationException)
        {
            meter?.Dispose();
        }
    }

    private static void RemoveUnused()
    {
        foreach (var (address, metrics) in ByAddress)
        {
            if (metrics._servers == 0 && Volatile.Read(ref metrics._active) == 0)
                ByAddress.Remove(address);
        }
    }

    // A list, created under the lock: a listener's code enumerates it.
    private static List<Measurement<long>> Measure(Func<ServerMetrics, long> count)
    {
        lock (ByAddress)
            return [.. ByAddress.Values.Select(m => new Measurement<long>(count(m), m._tag))];
    }
}
