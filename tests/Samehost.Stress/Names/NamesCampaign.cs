using System.Globalization;
using System.Text;
using System.Text.Json;
using Samehost.Stress.Fuzz;
using Samehost.Stress.Running;

namespace Samehost.Stress.Names;

/// <summary>
/// Runs every command of the tool on sockets, clients, processes, files and arguments with hostile names. No control byte and no invisible
/// character of a name may reach the output, and the exit status must be a documented one.
/// </summary>
internal sealed class NamesCampaign : Campaign
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private int _number;

    public override string Name => "names";

    public override string Description =>
        "Puts hostile names through every command of the tool: nothing of them is obeyed by a terminal, and statuses are as documented.";

    public override async Task RunAsync(CampaignRun run)
    {
        if (!File.Exists(BuiltPrograms.Tool))
            throw new CampaignException($"The tool is not built: {BuiltPrograms.Tool}");
        run.Count("commands", 0);
        while (run.IsRunning)
        {
            await CampaignRun.DeleteAsync(run.GetPath("n"));
            await using var scenario = new NameScenario(run.Random, Directory.CreateDirectory(run.GetPath("n")).FullName);
            foreach (var command in scenario.Commands().OrderBy(_ => run.Random.Next()).Take(12))
            {
                if (!run.IsRunning)
                    break;
                await RunAsync(run, command);
            }
            await ServeAsync(run, scenario);
        }
    }

    /// <summary>Runs a command that exits by itself.</summary>
    private async Task RunAsync(CampaignRun run, ToolCall call)
    {
        var isTerminal = run.Random.Next(4) == 0 && File.Exists("/usr/bin/script");
        await using var tool = await StartAsync(run, call, isTerminal);
        tool.CloseInput();
        var output = await tool.Output.ReadToEndAsync().WaitAsync(WaitTimeout);
        var status = await tool.WaitForExitAsync(WaitTimeout);
        Check(call, status, call.OutputIsData ? "" : output, tool.Errors, isTerminal);
        if (call.IsJson && status == 0 && !isTerminal)
        {
            try
            {
                JsonDocument.Parse(Encoding.Latin1.GetBytes(output)).Dispose();
            }
            catch (JsonException e)
            {
                throw new CampaignException($"'samehost {call}' prints JSON that is none: {e.Message}");
            }
        }
        run.Count("commands");
        run.Count($"with status {status}");
    }

    /// <summary>Runs a command that serves one client, whose own name is hostile as well.</summary>
    private async Task ServeAsync(CampaignRun run, NameScenario scenario)
    {
        var call = scenario.GetServingCommand(out var address);
        await using var tool = await StartAsync(run, call, isTerminal: false);
        var output = tool.Output.ReadToEndAsync();
        var connected = false;
        for (var attempt = 0; !tool.HasExited && !connected; attempt++)
        {
            connected = scenario.TryConnect(address);
            if (!connected)
                await Task.Delay(20, run.Canceled);
            if (attempt > 1500)
                throw new CampaignException($"'samehost {call}' neither serves nor ends. {tool.Errors}");
        }
        tool.CloseInput();
        if (call.EndsBySignal)
            await tool.TerminateAsync();
        var status = await tool.WaitForExitAsync(WaitTimeout);
        Check(call, status, call.OutputIsData ? "" : await output.WaitAsync(WaitTimeout), tool.Errors, isTerminal: false);
        if (Directory.EnumerateFileSystemEntries(scenario.Directory).Count() > scenario.Files)
            throw new CampaignException($"'samehost {call}' did not delete its socket file.");
        run.Count("commands");
        run.Count(connected ? "clients served at hostile names" : $"with status {status}");
    }

    private static void Check(ToolCall call, int status, string output, string errors, bool isTerminal)
    {
        if (ToolOutput.FindProblem(output, isTerminal) is { } printed)
            throw new CampaignException($"'samehost {call}' prints {printed}");
        if (ToolOutput.FindProblem(errors, isTerminal) is { } reported)
            throw new CampaignException($"'samehost {call}' prints on standard error {reported}");
        if (!call.Statuses.Contains(status))
        {
            throw new CampaignException(
                $"'samehost {call}' ends with status {status}, and {string.Join(", ", call.Statuses)} can be: "
                + UntrustedText.Show(errors));
        }
        if (errors.Contains("Unhandled exception", StringComparison.Ordinal) || errors.Contains("   at Samehost", StringComparison.Ordinal))
            throw new CampaignException($"'samehost {call}' fails with an exception: {errors}");
        if (status == 2 && errors.Length == 0 && !isTerminal)
            throw new CampaignException($"'samehost {call}' ends with status 2 and does not say why.");
    }

    /// <summary>Starts the tool by a shell script, because its arguments may not be UTF-8.</summary>
    private async Task<Worker> StartAsync(CampaignRun run, ToolCall call, bool isTerminal)
    {
        var script = run.GetPath($"command{_number++}");
        var text = new StringBuilder("export LC_ALL=C NO_COLOR=1 TERM=xterm\n");
        for (var i = 0; i < call.Arguments.Count; i++)
        {
            var octal = string.Concat(call.Arguments[i].Select(static b => $"\\{Convert.ToString(b, 8).PadLeft(3, '0')}"));
            // A command substitution removes trailing newlines.
            text.Append(CultureInfo.InvariantCulture, $"a{i}=$(printf '{octal}x'); a{i}=${{a{i}%x}}\n");
        }
        var words = string.Concat(call.Arguments.Select(static (_, i) => $" \"$a{i}\""));
        text.Append($"cd /\nexec '{BuiltPrograms.Tool}'{words}\n");
        await File.WriteAllTextAsync(script, text.ToString());
        return run.Processes.Start(isTerminal ? ["script", "-qefc", $"sh {script}", "/dev/null"] : ["/bin/sh", script]);
    }
}
