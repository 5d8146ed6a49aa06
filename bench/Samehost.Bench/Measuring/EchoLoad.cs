namespace Samehost.Bench.Measuring;

/// <summary>One echo server under the load of bench/reference/echo_load.c.</summary>
internal static class EchoLoad
{
    public const string CpuPerRequest = "server CPU µs/request";
    public const string P99 = "p99 µs";
    public const string Rate = "requests/s";

    /// <summary>A server's requests per second, what it used for each, and what its clients waited.</summary>
    public static Sample Measure(Lab lab, Command serverCommand, Placement placement, int connections, params IEnumerable<string> marks)
    {
        string path = lab.Workspace.NewSocketPath();
        using var server = ChildProcess.Start(serverCommand, placement.ServerCpu, path);
        server.WaitForLine("ready");
        return Measure(lab, server, serverCommand, path, placement, connections, marks);
    }

    /// <summary>The same on a server that runs already.</summary>
    public static Sample Measure(
        Lab lab, ChildProcess server, Command command, string path, Placement placement, int connections, params IEnumerable<string> marks)
    {
        using var load = ChildProcess.Start(
            lab.References.Command("echo_load"), placement.ClientCpu, [path, $"{connections}", .. lab.Times(command), .. marks]);
        load.WaitForLine("measuring");
        double before = server.CpuNanoseconds;
        var result = new ResultLine(load.WaitForLine(ResultLine.Start));
        double used = server.CpuNanoseconds - before;
        return new(result["requests"] / result["nanoseconds"] * 1e9, new Dictionary<string, double>
        {
            [CpuPerRequest] = used / 1000 / result["requests"],
            ["p50 µs"] = result["p50"] / 1000,
            [P99] = result["p99"] / 1000,
            ["p99.9 µs"] = result["p999"] / 1000,
        });
    }

    /// <summary>The same sample with one of its other figures as the one that is compared.</summary>
    public static Sample About(this Sample sample, string metric)
    {
        var also = new Dictionary<string, double>(sample.Also) { [Rate] = sample.Figure };
        also.Remove(metric, out double figure);
        return new(figure, also);
    }
}
