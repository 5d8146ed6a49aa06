namespace Samehost.Bench.Measuring;

/// <summary>One process that sends as much as goes, and one that receives and counts.</summary>
internal static class OneWay
{
    public static Sample Measure(Workspace workspace, Settings settings, Placement placement, Command receive, Command send)
    {
        string path = workspace.NewSocketPath();
        using var receiver = ChildProcess.Start(receive, placement.ServerCpu, path, $"{settings.WarmupSeconds}", $"{settings.Seconds}");
        receiver.WaitForLine("ready");
        using var sender = ChildProcess.Start(send, placement.ClientCpu, path);
        var result = new ResultLine(receiver.WaitForLine(ResultLine.Start));
        return new(result["messages"] / result["nanoseconds"] * 1e9, new Dictionary<string, double>
        {
            ["B allocated/message"] = result["allocated"] / result["messages"],
        });
    }
}
