namespace Samehost.Bench.Measuring;

/// <summary>Measures an echo server under the load of bench/reference/echo_load.c.</summary>
internal static class EchoLoad
{
    public const string CpuPerRequest = "server CPU µs/request";
    public const string P99 = "p99 µs";
    public const string Rate = "requests/s";

    /// <summary>Measures a server's requests per second, its CPU time for each, and the latency of its clients.</summary>
    public static Sample Measure(
        BenchmarkContext context, Command serverCommand, Placement placement, int connections, params IEnumerable<string> marks)
    {
        var path = context.TempDirectory.NewSocketPath();
        using var server = ChildProcess.Start(serverCommand, placement.ServerCpu, path);
        server.WaitForLine("ready");
        return Measure(context, server, serverCommand, path, placement, connections, marks);
    }

    /// <summary>Measures a server that is running.</summary>
    public static Sample Measure(
        BenchmarkContext context,
        ChildProcess server,
        Command serverCommand,
        string path,
        Placement placement,
        int connections,
        params IEnumerable<string> marks)
    {
        using var load = ChildProcess.Start(
            context.References.Command("echo_load"),
            placement.ClientCpu,
            [path, $"{connections}", .. context.GetTimes(serverCommand), .. marks]);
        load.WaitForLine("measuring");
        var before = server.CpuNanoseconds;
        var result = new ResultLine(load.WaitForLine(ResultLine.Start));
        var used = server.CpuNanoseconds - before;
        return new(result["requests"] / result["nanoseconds"] * 1e9, new Dictionary<string, double>
        {
            [CpuPerRequest] = used / 1000 / result["requests"],
            ["p50 µs"] = result["p50"] / 1000,
            [P99] = result["p99"] / 1000,
            ["p99.9 µs"] = result["p999"] / 1000,
        });
    }

    /// <summary>Returns the sample with another of its figures as the one that is compared.</summary>
    public static Sample WithFigure(this Sample sample, string metric)
    {
        var also = new Dictionary<string, double>(sample.Also) { [Rate] = sample.Figure };
        also.Remove(metric, out var figure);
        return new(figure, also);
    }
}
