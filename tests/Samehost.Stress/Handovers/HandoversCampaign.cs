using System.Diagnostics;
using Samehost.Stress.Running;

namespace Samehost.Stress.Handovers;

/// <summary>
/// Servers hand over to each other under a storm of clients, while successors crash at every step, are killed or come in twos, and
/// predecessors are killed.
/// </summary>
internal sealed class HandoversCampaign : Campaign
{
    private const int ClientsOfEachKind = 3;

    // The records that a successor sends and receives, in order; "connected" comes first.
    private static readonly string[] Steps = ["connected", "take 1", "listener", "ready", "yours", "confirmed"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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
        var clients = new HandoverClients(run, run.AddressAt("server.sock"));
        clients.Start(ClientsOfEachKind);
        run.Count("handovers", 0);
        run.Count("requests answered", 0);
        run.Count("lost by a clean handover", 0);
        while (run.GoesOn)
        {
            var choice = run.Random.Next(10);
            if (choice > 4)
                clients.BeginDisturbance();
            var round = choice switch
            {
                <= 4 => CleanAsync(run, serving),
                5 => DyingAsync(run, serving),
                6 or 7 => SuccessorKilledAsync(run, serving),
                8 => PredecessorKilledAsync(run, serving),
                _ => TwoAtOnceAsync(run, serving),
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

    private async Task<Worker> CleanAsync(CampaignRun run, Worker serving)
    {
        var next = Other(serving);
        await ExpectServingAsync(next, "take");
        await LeftAsync(run, serving);
        run.Count("handovers");
        return next;
    }

    /// <summary>A successor that kills itself behind one of its steps.</summary>
    private async Task<Worker> DyingAsync(CampaignRun run, Worker serving)
    {
        var step = Steps[run.Random.Next(Steps.Length)];
        await using var dying = run.Processes.StartPeer(
            "handover-dying", run.At("server.sock"), "--control", run.At("control.sock"), "--role", "successor", "--at", step);
        await dying.EndAsync();
        run.Count("successors that crashed");
        return await WhoServesAsync(run, serving, other: null);
    }

    private async Task<Worker> SuccessorKilledAsync(CampaignRun run, Worker serving)
    {
        var next = Other(serving);
        next.Send("take");
        await PauseAsync(run);
        await next.KillAsync();
        await ReplaceAsync(run, next);
        run.Count("successors killed");
        return await WhoServesAsync(run, serving, other: null);
    }

    private async Task<Worker> PredecessorKilledAsync(CampaignRun run, Worker serving)
    {
        var next = Other(serving);
        next.Send("take");
        await PauseAsync(run);
        await serving.KillAsync();
        await ReplaceAsync(run, serving);
        run.Count("predecessors killed");
        return await next.ReadLineOrFailAsync() == "serving" ? next : await ListenAsync(next);
    }

    private async Task<Worker> TwoAtOnceAsync(CampaignRun run, Worker serving)
    {
        var next = _servers.Where(s => s != serving).ToArray();
        foreach (var server in next)
            server.Send("take");
        var won = new List<Worker>();
        foreach (var server in next)
        {
            if (await server.ReadLineOrFailAsync() == "serving")
                won.Add(server);
        }
        run.Count("pairs of successors");
        return await WhoServesAsync(run, serving, won.Count > 0 ? won : null);
    }

    /// <summary>Finds out where the address is after a round with several ways to end; binds it again where it has gone.</summary>
    private async Task<Worker> WhoServesAsync(CampaignRun run, Worker serving, IReadOnlyList<Worker>? other)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Patience)
        {
            // A second successor may have taken over from the first: the one that has not left has it.
            foreach (var server in (other ?? []).Prepend(serving))
            {
                if (await server.AskAsync("status") == "serving" && await AnswersAsync(run) && await server.AskAsync("status") == "serving")
                {
                    if (other is not null && server != serving)
                        await LeftAsync(run, serving);
                    return server;
                }
            }
            if (other is null && await serving.AskAsync("status") == "left")
                return await ListenAsync(Other(serving));
            await Task.Delay(5, run.Canceled);
        }
        throw new CampaignException("After a handover that failed, no server answers at the address.");
    }

    private static async Task<Worker> ListenAsync(Worker server)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var answer = await server.AskAsync("listen");
            if (answer == "serving")
                return server;
            // A successor that gave up may close the inherited socket a moment later.
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new CampaignException($"The address of a dead server is not to be bound: {answer}");
            await Task.Delay(5);
        }
    }

    private static async Task<bool> AnswersAsync(CampaignRun run)
    {
        try
        {
            await using var stream = await UnixStream.ConnectAsync(run.AddressAt("server.sock"));
            await stream.WriteAsync("0\n"u8.ToArray());
            return await stream.ReadAsync(new byte[64]).AsTask().WaitAsync(Patience) > 0;
        }
        catch (Exception e) when (e is UnixSocketException or IOException)
        {
            return false;
        }
    }

    private static async Task LeftAsync(CampaignRun run, Worker old)
    {
        var start = Stopwatch.GetTimestamp();
        while (await old.AskAsync("status") != "left")
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new CampaignException("A predecessor does not end after its handover.");
            await Task.Delay(2, run.Canceled);
        }
    }

    private static Task PauseAsync(CampaignRun run) =>
        run.Random.Next(4) == 0 ? Task.CompletedTask : Task.Delay(run.Random.Next(1, 15), run.Canceled);

    private static async Task ExpectServingAsync(Worker server, string command)
    {
        if (await server.AskAsync(command) is var answer && answer != "serving")
            throw new CampaignException($"'{command}' ended with '{answer}'. {server.Errors.Trim()}");
    }

    private Worker Other(Worker serving) => _servers[(_servers.IndexOf(serving) + 1) % _servers.Count];

    private async Task ReplaceAsync(CampaignRun run, Worker dead)
    {
        await dead.DisposeAsync();
        _servers[_servers.IndexOf(dead)] = await StartAsync(run);
    }

    private static async Task<Worker> StartAsync(CampaignRun run)
    {
        var server = run.Processes.StartWorker("handover-server", run.At("server.sock"), run.At("control.sock"));
        await server.ExpectAsync("ready");
        return server;
    }
}
