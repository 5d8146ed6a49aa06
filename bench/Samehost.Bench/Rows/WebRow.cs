using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>A web server's requests per second, on connections that are kept and on one for each request.</summary>
internal sealed class WebRow(Lab lab) : Row(lab)
{
    private const string Kestrel = "Kestrel's own transport";
    private const string Tcp = "Kestrel, TCP";
    private const string Ours = "Samehost.AspNetCore";
    private const double Warmup = 3; // a web application has much to compile

    public override string Question => "HTTP/1.1 GET of 13 bytes, one C load generator";

    public override IEnumerable<Comparison> Comparisons =>
    [
        On(Placement.Unpinned, 1, false), On(Placement.Unpinned, 64, false), On(Placement.Unpinned, 1000, false),
        On(Placement.Unpinned, 64, true), On(Placement.Best, 64, false), On(Placement.Best, 1000, false),
    ];

    private Comparison On(Placement placement, int connections, bool close)
    {
        string kept = close ? ", one for each request" : "";
        string title = $"{connections} connection{(connections == 1 ? "" : "s")}{kept}, {placement.Name}";
        Contestant[] contestants =
        [
            new(Kestrel, () => Measure("web-kestrel")), new(Tcp, () => Measure("web-tcp")), new(Ours, () => Measure("web-samehost")),
        ];
        return new(title, "requests per second", contestants, [.. Goals(connections, close)]);

        Sample Measure(string role)
        {
            string path = Lab.Workspace.NewSocketPath();
            string port = role == "web-tcp" ? FreePort() : path;
            using var server = ChildProcess.Start(Command.Role(role), placement.ServerCpu, path, port);
            server.WaitForLine("ready");
            string[] times = [$"{Math.Max(Warmup, Lab.Settings.WarmupSeconds)}", $"{Lab.Settings.Seconds}"];
            using var load = ChildProcess.Start(
                C("http_load"), placement.ClientCpu, [port, $"{connections}", .. times, .. close ? ["close"] : Array.Empty<string>()]);
            load.WaitForLine("measuring");
            double before = server.CpuNanoseconds;
            var result = new ResultLine(load.WaitForLine(ResultLine.Start));
            double used = server.CpuNanoseconds - before;
            return new(result["requests"] / result["nanoseconds"] * 1e9, new Dictionary<string, double>
            {
                [EchoLoad.CpuPerRequest] = used / 1000 / result["requests"],
                ["p50 µs"] = result["p50"] / 1000,
                [EchoLoad.P99] = result["p99"] / 1000,
            });
        }
    }

    private static IEnumerable<Goal> Goals(int connections, bool close)
    {
        if (connections > 1)
            yield return Goal.AtLeast(close ? 1.5 : 1.4, Ours, Kestrel);
        if (connections > 1 && !close)
            yield return Goal.NoMoreThan(0.75, Ours, Kestrel, EchoLoad.CpuPerRequest);
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
