namespace Samehost.Bench.Measuring;

/// <summary>
/// How long and how often to measure. The directory is where the native programs are, for the benchmarks that start them.
/// </summary>
internal sealed record Settings(
    int Rounds, double WarmupSeconds, double Seconds, IReadOnlyList<int> Connections, string? ProgramDirectory);

/// <summary>What every benchmark works with, and the two kinds of measurement that most of them make.</summary>
internal sealed record BenchmarkContext(TempDirectory TempDirectory, ReferencePrograms References, Settings Settings)
{
    private const double WarmupOfCompiledCode = 0.2;

    /// <summary>Measures one process that sends as much as possible, and one that receives and counts.</summary>
    public Sample MeasureOneWay(Placement placement, Command receive, Command send)
    {
        var path = TempDirectory.NewSocketPath();
        using var receiver = ChildProcess.Start(receive, placement.ServerCpu, [path, .. GetTimes(receive)]);
        receiver.WaitForLine("ready");
        using var sender = ChildProcess.Start(send, placement.ClientCpu, path);
        var result = new ResultLine(receiver.WaitForLine(ResultLine.Start));
        return new(result["messages"] / result["nanoseconds"] * 1e9, new Dictionary<string, double>
        {
            ["B allocated/message"] = result["allocated"] / result["messages"],
        });
    }

    /// <summary>Measures one process that sends a request and waits for the response, again and again, and one that responds.</summary>
    public ResultLine MeasureRoundTrips(Placement placement, Command serverCommand, Command clientCommand)
    {
        var path = TempDirectory.NewSocketPath();
        using var server = ChildProcess.Start(serverCommand, placement.ServerCpu, path);
        server.WaitForLine("ready");
        using var client = ChildProcess.Start(clientCommand, placement.ClientCpu, [path, .. GetTimes(clientCommand)]);
        return new(client.WaitForLine(ResultLine.Start));
    }

    /// <summary>Returns how long to warm up and to measure, which are the last arguments of every measuring process.</summary>
    public string[] GetTimes(Command command) =>
    [
        $"{(command.NeedsWarmup ? Settings.WarmupSeconds : Math.Min(WarmupOfCompiledCode, Settings.WarmupSeconds))}",
        $"{Settings.Seconds}",
    ];
}

/// <summary>A private directory for sockets and compiled references, deleted at the end, also after Ctrl+C.</summary>
internal sealed class TempDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("samehost-bench-");
    private int _sockets;

    public TempDirectory() => AppDomain.CurrentDomain.ProcessExit += DeleteAtExit;

    public string NewSocketPath() => PathOf($"{++_sockets}.sock");

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= DeleteAtExit;
        Delete();
    }

    private void DeleteAtExit(object? sender, EventArgs e) => Delete();

    private void Delete()
    {
        try
        {
            _directory.Delete(recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The handler of ProcessExit and Dispose ran at the same time.
        }
    }
}
