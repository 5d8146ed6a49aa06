using System.Diagnostics;
using Samehost.Stress.Running;

namespace Samehost.Stress.Handovers;

/// <summary>
/// Hands a server over from process to process while clients send requests. Successors crash at every step, are killed or start in pairs,
/// and predecessors are killed.
/// </summary>
internal sealed class HandoversCampaign : Campaign
{
    private const int ClientsOfEachKind = 3;

    // The records that a successor sends and receives, in order, after "connected".
    private static readonly string[] Steps = ["connected", "request 1", "listener", "ready", "commit", "confirmed"];
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly List<Worker> _servers = [];

    public override string Name => "handovers";

    public override string Description =>
        "Hands a server over again and again, with crashing successors and killed predecessors: no clean handover loses a request.";

    public override async Task RunAsync(CampaignRun run)
    {
        while (_servers.Count < 3)
            _servers.Add(await StartAsync(run));
        var serving = _servers[0];
        await ExpectServingAsync(serving, "listen");
        var clients = new HandoverClients(run, run.GetEndPoint("server.sock"));
        clients.Start(ClientsOfEachKind);
        run.Count("handovers", 0);
        run.Count("requests answered", 0);
        run.Count("lost by a clean handover", 0);
        while (run.IsRunning)
        {
            var choice = run.Random.Next(10);
            if (choice > 4)
                clients.BeginDisturbance();
            var round = choice switch
            {
                <= 4 => CompleteAsync(run, serving),
                5 => CrashSuccessorAsync(run, serving),
                6 or 7 => KillAsync(run, serving, killSuccessor: true),
                8 => KillAsync(run, serving, killSuccessor: false),
                _ => TwoSuccessorsAsync(run, serving),
            };
            await Task.WhenAny(round, clients.Failed);
            if (clients.Failed.IsFaulted)
                await clients.Failed;
            serving = await round;
            if (choice > 4)
                clients.EndDisturbance();
        }
        await clients.StopAsync();
        if (clients.Failed.IsFaulted)
            await clients.Failed;
    }

    private async Task<Worker> CompleteAsync(CampaignRun run, Worker serving)
    {
        var next = Next(serving);
        await ExpectServingAsync(next, "accept");
        await WaitForHandoverEndAsync(run, serving);
        run.Count("handovers");
        return next;
    }

    /// <summary>Starts a successor that kills itself after one of its steps.</summary>
    private async Task<Worker> CrashSuccessorAsync(CampaignRun run, Worker serving)
    {
        var step = Steps[run.Random.Next(Steps.Length)];
        await using var successor = run.Processes.StartPeer(
            "handover-crash", run.GetPath("server.sock"), "--control", run.GetPath("control.sock"), "--role", "successor", "--at", step);
        await successor.WaitForExitAsync();
        run.Count("successors that crashed");
        return await FindServingAsync(run, serving, successors: null);
    }

    /// <summary>Kills the successor or the predecessor at a random time of a handover.</summary>
    private async Task<Worker> KillAsync(CampaignRun run, Worker serving, bool killSuccessor)
    {
        var successor = Next(serving);
        var victim = killSuccessor ? successor : serving;
        successor.Send("accept");
        await PauseAsync(run);
        await victim.KillAsync();
        await ReplaceAsync(run, victim);
        run.Count(killSuccessor ? "successors killed" : "predecessors killed");
        if (killSuccessor)
            return await FindServingAsync(run, serving, successors: null);
        return await successor.ReadLineOrFailAsync() == "serving" ? successor : await ListenAsync(successor);
    }

    private async Task<Worker> TwoSuccessorsAsync(CampaignRun run, Worker serving)
    {
        var next = _servers.Where(s => s != serving).ToArray();
        foreach (var server in next)
            server.Send("accept");
        var won = new List<Worker>();
        foreach (var server in next)
        {
            if (await server.ReadLineOrFailAsync() == "serving")
                won.Add(server);
        }
        run.Count("pairs of successors");
        return await FindServingAsync(run, serving, won.Count > 0 ? won : null);
    }

    /// <summary>
    /// Returns the process that serves the address after a round with several outcomes; lets one bind it again where none does.
    /// </summary>
    private async Task<Worker> FindServingAsync(CampaignRun run, Worker serving, IReadOnlyList<Worker>? successors)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < WaitTimeout)
        {
            // The second successor may have accepted from the first; the one whose status is serving has the address.
            foreach (var server in (successors ?? []).Prepend(serving))
            {
                if (await IsServingAsync(server) && await IsServedAsync(run) && await IsServingAsync(server))
                {
                    if (successors is not null && server != serving)
                        await WaitForHandoverEndAsync(run, serving);
                    return server;
                }
            }
            if (successors is null && await serving.RequestAsync("status") == "handed over")
                return await ListenAsync(Next(serving));
            await Task.Delay(5, run.Canceled);
        }
        throw new CampaignException("After a handover that failed, no server answers at the address.");
    }

    private static async Task<Worker> ListenAsync(Worker server)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var reply = await server.RequestAsync("listen");
            if (reply == "serving")
                return server;
            // A successor that failed may close the inherited socket a moment later.
            if (Stopwatch.GetElapsedTime(start) > WaitTimeout)
                throw new CampaignException($"The address of a dead server cannot be bound: {reply}");
            await Task.Delay(5);
        }
    }

    private static async Task<bool> IsServingAsync(Worker server) => await server.RequestAsync("status") == "serving";

    private static async Task<bool> IsServedAsync(CampaignRun run)
    {
        try
        {
            await using var stream = await UnixStream.ConnectAsync(run.GetEndPoint("server.sock"));
            await stream.WriteAsync("0\n"u8.ToArray());
            return await stream.ReadAsync(new byte[64]).AsTask().WaitAsync(WaitTimeout) > 0;
        }
        catch (Exception e) when (e is UnixSocketException or IOException)
        {
            return false;
        }
    }

    private static async Task WaitForHandoverEndAsync(CampaignRun run, Worker old)
    {
        var start = Stopwatch.GetTimestamp();
        while (await old.RequestAsync("status") != "handed over")
        {
            if (Stopwatch.GetElapsedTime(start) > WaitTimeout)
                throw new CampaignException("A predecessor does not end after its handover.");
            await Task.Delay(2, run.Canceled);
        }
    }

    private static Task PauseAsync(CampaignRun run) =>
        run.Random.Next(4) == 0 ? Task.CompletedTask : Task.Delay(run.Random.Next(1, 15), run.Canceled);

    private static async Task ExpectServingAsync(Worker server, string command)
    {
        if (await server.RequestAsync(command) is var reply && reply != "serving")
            throw new CampaignException($"'{command}' ended with '{reply}'. {server.Errors.Trim()}");
    }

    private Worker Next(Worker serving) => _servers[(_servers.IndexOf(serving) + 1) % _servers.Count];

    private async Task ReplaceAsync(CampaignRun run, Worker dead)
    {
        await dead.DisposeAsync();
        _servers[_servers.IndexOf(dead)] = await StartAsync(run);
    }

    private static async Task<Worker> StartAsync(CampaignRun run)
    {
        var server = run.Processes.StartWorker("handover-server", run.GetPath("server.sock"), run.GetPath("control.sock"));
        await server.ExpectAsync("ready");
        return server;
    }
}
