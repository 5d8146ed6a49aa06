using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Benchmarks;

/// <summary>Measures a web server's requests per second, on persistent connections and with one connection for each request.</summary>
internal sealed class WebBenchmark(BenchmarkContext context) : Benchmark(context)
{
    private const string Kestrel = "Kestrel's own transport";
    private const string Tcp = "Kestrel, TCP";
    private const string Samehost = "Samehost.AspNetCore";
    private const double Warmup = 3; // a web application has much code to compile

    public override string Question => "HTTP/1.1 GET of 13 bytes, one C load generator";

    public override IEnumerable<Comparison> Comparisons =>
    [
        Compare(Placement.Unpinned, 1, false), Compare(Placement.Unpinned, 64, false), Compare(Placement.Unpinned, 1000, false),
        Compare(Placement.Unpinned, 64, true), Compare(Placement.Best, 64, false), Compare(Placement.Best, 1000, false),
    ];

    private Comparison Compare(Placement placement, int connections, bool close)
    {
        var kept = close ? ", one for each request" : "";
        var title = $"{connections} connection{(connections == 1 ? "" : "s")}{kept}, {placement.Name}";
        Candidate[] candidates =
        [
            new(Kestrel, () => Measure("web-kestrel")), new(Tcp, () => Measure("web-tcp")), new(Samehost, () => Measure("web-samehost")),
        ];
        return new(title, "requests per second", candidates, [.. GetTargets(connections, close)]);

        Sample Measure(string worker)
        {
            var path = Context.TempDirectory.NewSocketPath();
            var port = worker == "web-tcp" ? FreePort() : path;
            using var server = ChildProcess.Start(Command.Worker(worker), placement.ServerCpu, path, port);
            server.WaitForLine("ready");
            string[] times = [$"{Math.Max(Warmup, Context.Settings.WarmupSeconds)}", $"{Context.Settings.Seconds}"];
            using var load = ChildProcess.Start(
                C("http_load"), placement.ClientCpu, [port, $"{connections}", .. times, .. close ? ["close"] : Array.Empty<string>()]);
            load.WaitForLine("measuring");
            var before = server.CpuNanoseconds;
            var result = new ResultLine(load.WaitForLine(ResultLine.Start));
            var used = server.CpuNanoseconds - before;
            return new(result["requests"] / result["nanoseconds"] * 1e9, new Dictionary<string, double>
            {
                [EchoLoad.CpuPerRequest] = used / 1000 / result["requests"],
                ["p50 µs"] = result["p50"] / 1000,
                [EchoLoad.P99] = result["p99"] / 1000,
            });
        }
    }

    private static IEnumerable<Target> GetTargets(int connections, bool close)
    {
        if (connections > 1)
            yield return Target.AtLeast(close ? 1.5 : 1.4, Samehost, Kestrel);
        if (connections > 1 && !close)
            yield return Target.NoMoreThan(0.75, Samehost, Kestrel, EchoLoad.CpuPerRequest);
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
