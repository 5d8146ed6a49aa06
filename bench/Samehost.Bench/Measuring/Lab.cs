namespace Samehost.Bench.Measuring;

/// <summary>What every row works with, and the two kinds of measurement that most of them make.</summary>
internal sealed record Lab(Workspace Workspace, ReferencePrograms References, Settings Settings)
{
    private const double EnoughForC = 0.2;

    /// <summary>One process that sends as much as goes, and one that receives and counts.</summary>
    public Sample OneWay(Placement placement, Command receive, Command send)
    {
        string path = Workspace.NewSocketPath();
        using var receiver = ChildProcess.Start(receive, placement.ServerCpu, [path, .. Times(receive)]);
        receiver.WaitForLine("ready");
        using var sender = ChildProcess.Start(send, placement.ClientCpu, path);
        var result = new ResultLine(receiver.WaitForLine(ResultLine.Start));
        return new(result["messages"] / result["nanoseconds"] * 1e9, new Dictionary<string, double>
        {
            ["B allocated/message"] = result["allocated"] / result["messages"],
        });
    }

    /// <summary>One process that asks and waits for the answer, again and again, and one that answers.</summary>
    public ResultLine ThereAndBack(Placement placement, Command server, Command client)
    {
        string path = Workspace.NewSocketPath();
        using var serving = ChildProcess.Start(server, placement.ServerCpu, path);
        serving.WaitForLine("ready");
        using var asking = ChildProcess.Start(client, placement.ClientCpu, [path, .. Times(client)]);
        return new(asking.WaitForLine(ResultLine.Start));
    }

    /// <summary>How long to warm up and to measure, as the last arguments of every measuring process.</summary>
    public string[] Times(Command command) =>
        [$"{(command.NeedsWarmup ? Settings.WarmupSeconds : Math.Min(EnoughForC, Settings.WarmupSeconds))}", $"{Settings.Seconds}"];
}
