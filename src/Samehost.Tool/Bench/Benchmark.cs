using System.Net.Sockets;
using Samehost.Measuring.Interop;
using Samehost.Measuring;
using Samehost.Tool.Cli;
using Samehost.Tool.Processes;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Bench;

/// <summary><c>samehost bench</c>: two processes, all transports by turns, a report.</summary>
internal static class Benchmark
{
    public static async Task<int> RunAsync(BenchSettings settings, EchoServer? server, TempWorkspace workspace, CancellationToken stop)
    {
        WithChart(settings.Chart, OutputFile.Check); // before the measuring, and not after it
        if (server is not null)
            using (server.Connect())
            {
                // Whether there is one is known before anything is measured.
            }
        int[] cpus = CpuAffinity.Get();
        // A server runs where it runs, and what it is held against should too.
        int? ours = server is null ? cpus[0] : null;
        int? theirs = server is null ? cpus[settings.IsOneCpu || cpus.Length < 2 ? 0 : 1] : null;
        string placement = ours is null ? "on any CPU" : ours == theirs ? $"both on CPU {ours}" : $"on CPUs {ours} and {theirs}";
        if (!settings.IsJson)
        {
            string flow = server is null ? $", then {BenchSettings.FlowSize / 1024} KiB one way" : "";
            TerminalWriter.WriteLine($"Two processes {placement}: {settings.Size} B there and back{flow}.\n");
        }

        using WorkerProcess worker = await WorkerProcess.StartAsync(workspace, theirs, stop);
        var noise = new MachineNoise();
        IReadOnlyList<TransportResult> outcomes = await OnThreadAsync(ours, () => Measure(settings, server, worker, stop));
        var report = new BenchReport(
            settings, placement, server is null ? Transport.Reference : outcomes[^1].Name, outcomes, [.. noise.Warnings(outcomes)]);
        WithChart(settings.Chart, file => OutputFile.Write(file, ReportChart.Of(report)));
        if (settings.IsJson)
            TerminalWriter.Write(ReportJson.Of(report));
        else
            ReportTable.Show(report);
        return ExitStatus.Success;
    }

    private static IReadOnlyList<TransportResult> Measure(BenchSettings settings, EchoServer? server, WorkerProcess worker, CancellationToken stop)
    {
        var comparison = new Comparison(settings, worker, ShowProgress, stop);
        try
        {
            return server is null
                ? comparison.Run([.. Transport.All.Select(transport => comparison.Of(transport, flows: true))])
                : comparison.Run([comparison.Of(server), comparison.Of(Beside(server), flows: false)]);
        }
        catch (Exception error) when (error is IOException or SocketException or ToolException && worker.HasEnded(out int status))
        {
            // Whatever the transport made of it.
            throw new ToolException($"the second process ended, with status {status}");
        }
        finally
        {
            ShowProgress("");
        }
    }

    // What the same transport costs when the server does nothing but echo.
    private static Transport Beside(EchoServer server) =>
        server.Address.Kind == ToolAddressKinds.Tcp ? Transport.All.First(t => t.Name == Transport.Reference) : Transport.Of(server.Kind);

    // A thread of its own, because it is pinned, and waits.
    private static Task<T> OnThreadAsync<T>(int? cpu, Func<T> body)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                if (cpu is int only)
                    CpuAffinity.Set(only);
                result.SetResult(body());
            }
            catch (Exception error)
            {
                result.SetException(error);
            }
        })
        {
            IsBackground = true,
        }.Start();
        return result.Task;
    }

    // One line that is written over, and only where somebody watches.
    private static void ShowProgress(string text)
    {
        if (!Console.IsErrorRedirected)
            TerminalWriter.WriteProgress(text);
    }

    private static void WithChart(string? file, Action<string> action)
    {
        if (file is null)
            return;
        try
        {
            action(file);
        }
        catch (IOException error)
        {
            throw new ToolException($"the chart cannot be written: {FileProblem.Of(file, error)}");
        }
    }
}
