using Samehost.Bench.Measuring;

namespace Samehost.Bench.Rows;

/// <summary>One client keeps the server busy, another asks quietly: how much of the server is left for it.</summary>
internal sealed class FairnessRow(Lab lab) : Row(lab)
{
    public override string Question => "64 B there and back for a quiet client, alone and beside one that floods the server";

    public override IEnumerable<Comparison> Comparisons =>
    [
        new(
            Placement.Best.Name,
            EchoLoad.P99,
            [.. Of("C, epoll", C("echo_server")), .. OfRole("System.Net.Sockets", "sockets"), .. OfRole("Samehost", "samehost")],
            [])
        {
            IsCharted = false,
        },
    ];

    private IEnumerable<Contestant> OfRole(string name, string role) => Of(name, Command.Role($"echo-server-{role}-async"));

    private IEnumerable<Contestant> Of(string name, Command command) =>
    [
        new($"{name}, flooded", () => Measure(command, isFlooded: true)),
        new($"{name}, alone", () => Measure(command, isFlooded: false)),
    ];

    private Sample Measure(Command command, bool isFlooded)
    {
        string path = Lab.Workspace.NewSocketPath();
        using var server = ChildProcess.Start(command, Placement.Best.ServerCpu, path);
        server.WaitForLine("ready");
        using ChildProcess? flood = isFlooded ? ChildProcess.Start(C("flood"), Placement.Best.ClientCpu, path) : null;
        flood?.WaitForLine("flooding");
        return EchoLoad.Measure(Lab, server, command, path, Placement.Best, 1).About(EchoLoad.P99);
    }
}
