using System.Globalization;
using System.Text;
using Samehost.Stress.Running;

namespace Samehost.Stress.Kills;

/// <summary>
/// Kills a server under load by SIGKILL and starts it again, repeatedly. The server stores each message before it acknowledges it, so every
/// acknowledged message must be stored, once, and nothing that was not sent.
/// </summary>
internal sealed class KillsCampaign : Campaign
{
    private const int Clients = 8;

    public override string Name => "kills";

    public override string Description =>
        "Kills a server under load and starts it again: what it acknowledged is stored, once, and it is found again at its address.";

    public override async Task RunAsync(CampaignRun run)
    {
        var address = run.GetEndPoint("server.sock");
        for (var round = 0; run.IsRunning; round++)
        {
            var log = run.GetPath($"log{round}");
            var clients = Enumerable.Range(0, Clients).Select(n => new KillClient(address, n, run.Random.Next())).ToArray();
            // Clients start first: they find the stale file of the killed server and wait.
            var clientTasks = clients.Select(c => Task.Run(() => c.RunAsync(run.Canceled))).ToArray();
            await using (var server = run.Processes.StartWorker("kill-server", run.GetPath("server.sock"), log))
            {
                await server.ExpectAsync("ready");
                // Mostly under load, sometimes before the first message.
                if (run.Random.Next(8) > 0)
                    await WaitForLoadAsync(run, clients);
                await Task.Delay(run.Random.Next(300), run.Canceled);
                if (server.HasExited)
                    throw new CampaignException($"The server ended by itself: {server.Errors}");
                await server.KillAsync();
            }
            foreach (var clientTask in clientTasks)
                await ExpectEndAsync(clientTask);
            Compare(run, clients, log);
            File.Delete(log);
            run.Count("kills");
        }

        // A start on the stale file of the last kill, and a regular stop, which must delete the file.
        await using (var last = run.Processes.StartWorker("kill-server", run.GetPath("server.sock"), run.GetPath("log")))
        {
            await last.ExpectAsync("ready");
            last.CloseInput();
            if (await last.WaitForExitAsync() is var status && status != 0)
                throw new CampaignException($"The last server ended with {status}: {last.Errors}");
        }
        if (File.Exists(run.GetPath("server.sock")))
            throw new CampaignException("The last server did not delete its socket file.");
    }

    private static async Task WaitForLoadAsync(CampaignRun run, KillClient[] clients)
    {
        for (var round = 0; !clients.Any(static c => c.Acknowledged > 0); round++)
        {
            await Task.Delay(5, run.Canceled);
            if (round > 10_000)
                throw new CampaignException("A server has started, and no message is acknowledged.");
        }
    }

    private static async Task ExpectEndAsync(Task clientTask)
    {
        try
        {
            await clientTask.WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException)
        {
            throw new CampaignException("A client still waits 30 s after its server was killed.");
        }
    }

    private static void Compare(CampaignRun run, KillClient[] clients, string log)
    {
        var stored = clients.Select(_ => new List<int>()).ToArray();
        var bytes = File.ReadAllText(log, Encoding.ASCII);
        var lines = bytes.Split('\n');
        foreach (var line in lines.SkipLast(1)) // after the last newline: nothing, or a write that the kill cut off
        {
            var parts = line.Split(' ');
            if (parts.Length != 2 || !int.TryParse(parts[0], CultureInfo.InvariantCulture, out var client)
                || client is < 0 or >= Clients || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var number))
            {
                throw new CampaignException($"The log has a line that no client sent: '{line}'.");
            }
            stored[client].Add(number);
        }

        foreach (var client in clients)
        {
            var numbers = stored[client.Number];
            // In the order in which they were sent, without a gap: so each is stored once, and nothing else is.
            if (!numbers.SequenceEqual(Enumerable.Range(0, numbers.Count)))
                throw new CampaignException($"Client {client.Number}: the log has its messages twice, in disorder, or with gaps.");
            if (numbers.Count > client.Sent)
                throw new CampaignException($"Client {client.Number}: {numbers.Count} messages are stored, and {client.Sent} were sent.");
            if (numbers.Count < client.Acknowledged)
            {
                throw new CampaignException(
                    $"Client {client.Number}: {client.Acknowledged} messages were acknowledged, and only {numbers.Count} are stored.");
            }
            if (client.Problem is { } problem)
                throw new CampaignException($"Client {client.Number}: {problem}");
            run.Count("messages acknowledged", client.Acknowledged);
            run.Count("stored", numbers.Count);
        }
        run.Count("acknowledged and lost", 0);
    }
}
