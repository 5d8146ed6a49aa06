using Samehost.Bench.Measuring;
using Samehost.Bench.Roles;

namespace Samehost.Bench.Rows;

/// <summary>What an operation leaves behind for the garbage collector.</summary>
internal sealed class AllocationRow(Lab lab) : Row(lab)
{
    public override string Question => "managed bytes allocated by an operation, after warm-up";

    public override IEnumerable<Comparison> Comparisons =>
    [
        Of("reading, writing, sending and receiving", Allocations.Names, Alone),
        Of("accepting", AcceptAllocations.Names, WithClients),
    ];

    private static Comparison Of(string title, IEnumerable<string> names, Func<string, Sample> measure) => new(
        title,
        "B per operation",
        [.. names.Select(name => new Contestant(name, () => measure(name)))],
        [.. names.Select(name => Goal.Itself(0, name))])
    {
        Rounds = 1,
        HasRatios = false,
    };

    private Sample Alone(string operation)
    {
        using var process = ChildProcess.Start(Command.Role("allocation", operation), null);
        return Read(process);
    }

    private Sample WithClients(string operation)
    {
        string path = Lab.Workspace.NewSocketPath();
        using var server = ChildProcess.Start(Command.Role("accept-allocation", operation), null, path);
        server.WaitForLine("ready");
        using var clients = ChildProcess.Start(C("connects", "client"), null, path, "0", "60");
        return Read(server);
    }

    // A few bytes of the process itself, spread over all operations, are not of an operation.
    private static Sample Read(ChildProcess process)
    {
        var result = new ResultLine(process.WaitForLine(ResultLine.Start));
        return new(Math.Round(result["allocated"] / result["operations"], 1), new Dictionary<string, double>());
    }
}
