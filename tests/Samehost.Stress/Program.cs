using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Samehost.Stress.Descriptors;
using Samehost.Stress.Drift;
using Samehost.Stress.EventLoop;
using Samehost.Stress.Fuzz;
using Samehost.Stress.Handovers;
using Samehost.Stress.Kills;
using Samehost.Stress.Names;
using Samehost.Stress.Running;
using Samehost.Stress.Starters;

namespace Samehost.Stress;

/// <summary>Campaigns against the library and its tool, a command each; docs/reliability.md describes them.</summary>
internal static class Program
{
    private const int Found = 1;
    private const int Usage = 2;
    private const int CanceledBySignal = 130;

    private static readonly Dictionary<string, Func<string[], Task>> Workers = new()
    {
        ["kill-server"] = KillServer.RunAsync,
        ["starter"] = Starter.RunAsync,
        ["attacker"] = Attacker.RunAsync,
        ["handover-server"] = HandoverServer.RunAsync,
        ["drift-server"] = DriftServer.RunAsync,
        ["event-loop"] = EventLoopWorker.RunAsync,
    };

    private static async Task<int> Main(string[] args)
    {
        if (args is ["worker", var worker, .. var rest])
        {
            await Workers[worker](rest);
            return 0;
        }
        if (args is ["fuzz", "--afl", var target])
        {
            AflTarget.Run(target);
            return 0;
        }

        var root = new RootCommand("Stress campaigns for local sockets. docs/reliability.md says what each of them asserts.");
        foreach (var campaign in (Campaign[])[new KillsCampaign(), new HandoversCampaign(), new DriftCampaign(), new NamesCampaign()])
            root.Add(CommandFor(campaign, []));
        root.Add(StartersCommand());
        root.Add(DescriptorsCommand());
        root.Add(FuzzCommand());
        root.Add(EventLoopCommand());
        return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static Command StartersCommand()
    {
        var processes = new Option<int>("--processes")
        {
            Description = "How many start at once",
            DefaultValueFactory = static _ => 8,
        };
        return CommandFor(new StartersCampaign(), [processes], (c, parsed) => c.Processes = parsed.GetValue(processes));
    }

    private static Command DescriptorsCommand()
    {
        var limits = new Option<int[]>("--limits")
        {
            Description = "Limits of descriptors of the server",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = static _ => [64, 100, 256, 1024],
        };
        var starts = new Option<int?>("--starts") { Description = "Number of starts with each limit, instead of --minutes" };
        var server = new Option<string?>("--server")
        {
            Description = "A published Samehost.TestPeer, for example a native one; otherwise the one that was built with this program",
        };
        return CommandFor(new DescriptorsCampaign(), [limits, starts, server], (c, parsed) =>
        {
            c.Limits = parsed.GetValue(limits)!;
            c.Starts = parsed.GetValue(starts);
            c.Server = parsed.GetValue(server);
        });
    }

    private static Command FuzzCommand()
    {
        var target = new Option<string[]>("--target")
        {
            Description = $"Only these: {string.Join(", ", FuzzTargets.Names)}",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = static _ => [],
        };
        target.AcceptOnlyFromAmong([.. FuzzTargets.Names]);
        var input = new Option<string?>("--input") { Description = "Runs this file, once, through the one --target" };
        // Handled in Main; listed for the help.
        var afl = new Option<string?>("--afl") { Description = "Runs this target under afl-fuzz: see tests/Samehost.Stress/afl" };
        return CommandFor(new FuzzCampaign(), [target, input, afl], (c, parsed) =>
        {
            c.Only = parsed.GetValue(target)!;
            c.Input = parsed.GetValue(input);
        });
    }

    private static Command EventLoopCommand()
    {
        var threads = new Option<int>("--threads")
        {
            Description = "Threads of the pool at most",
            DefaultValueFactory = static _ => Environment.ProcessorCount,
        };
        return CommandFor(new EventLoopCampaign(), [threads], (c, parsed) => c.Threads = parsed.GetValue(threads));
    }

    private static Command CommandFor<T>(T campaign, Option[] options, Action<T, ParseResult>? configure = null)
        where T : Campaign
    {
        var minutes = new Option<double>("--minutes") { Description = "How long", DefaultValueFactory = static _ => 1 };
        var seed = new Option<int?>("--seed") { Description = "Makes the same random choices as an earlier run" };
        var command = new Command(campaign.Name, campaign.Description) { minutes, seed };
        foreach (var option in options)
            command.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            configure?.Invoke(campaign, parsed);
            if (parsed.GetValue(minutes) is not (> 0 and <= 10_000))
            {
                await Console.Error.WriteLineAsync("--minutes has to be above 0 and at most 10000");
                return Usage;
            }
            var time = TimeSpan.FromMinutes(parsed.GetValue(minutes));
            var others = string.Concat(options.Where(o => parsed.GetResult(o) is { Implicit: false }).Select(
                o => $" {o.Name} {string.Join(' ', parsed.GetResult(o)!.Tokens.Select(t => t.Value))}"));
            return await RunAsync(campaign, time, parsed.GetValue(seed) ?? Random.Shared.Next(), others);
        });
        return command;
    }

    private static async Task<int> RunAsync(Campaign campaign, TimeSpan time, int seed, string others)
    {
        using var canceled = new CancellationTokenSource();
        void Cancel(PosixSignalContext context)
        {
            context.Cancel = true;
            canceled.Cancel();
        }
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Cancel);

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{campaign.Name}: {time.TotalMinutes:0.##} min, seed {seed}"));
        CampaignException? found = null;
        var run = new CampaignRun(campaign.Name, time, seed, canceled.Token);
        try
        {
            await campaign.RunAsync(run);
        }
        catch (CampaignException e) when (!canceled.IsCancellationRequested)
        {
            found = e;
        }
        catch (Exception) when (canceled.IsCancellationRequested)
        {
            // The failure may be a consequence of the interruption.
        }
        catch (Exception e)
        {
            found = new CampaignException($"The campaign itself failed: {e}");
        }
        finally
        {
            await run.DisposeAsync();
        }

        if (canceled.IsCancellationRequested)
        {
            Console.WriteLine(run.GetSummary("interrupted"));
            return CanceledBySignal;
        }
        if (found is not null)
        {
            Console.Error.WriteLine($"{campaign.Name}: {found.Message}");
            Console.Error.WriteLine($"{campaign.Name}: to repeat it: {found.Repeat ?? run.GetRepeatCommand(others)}");
        }
        Console.WriteLine(run.GetSummary(found is null ? "passed" : "FAILED"));
        return found is null ? 0 : Found;
    }
}
