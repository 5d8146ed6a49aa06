using System.Net.Sockets;
using Samehost.Measuring;
using Samehost.Measuring.Interop;
using Samehost.Tool.Cli;
using Samehost.Tool.Processes;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Bench;

/// <summary>Runs <c>samehost bench</c>: measures all transports between two processes in alternating order, and reports.</summary>
internal static class Benchmark
{
    public static async Task<int> RunAsync(
        BenchSettings settings, EchoServer? server, TempWorkspace workspace, CancellationToken cancellationToken)
    {
        WithChart(settings.Chart, OutputFile.Check); // before the measurement
        if (server is not null)
        {
            using (server.Connect())
            {
                // Fails before the measurement when there is no server.
            }
        }
        var cpus = CpuAffinity.Get();
        // The CPU of a foreign server is unknown, so nothing is pinned.
        int? clientCpu = server is null ? cpus[0] : null;
        int? workerCpu = server is null ? cpus[settings.IsOneCpu || cpus.Length < 2 ? 0 : 1] : null;
        var placement = clientCpu is null
            ? "on any CPU"
            : clientCpu == workerCpu ? $"both on CPU {clientCpu}" : $"on CPUs {clientCpu} and {workerCpu}";
        if (!settings.IsJson)
        {
            var flow = server is null ? $", then {BenchSettings.ThroughputMessageSize / 1024} KiB one way" : "";
            TerminalWriter.WriteLine($"Two processes {placement}: {settings.Size} B there and back{flow}.\n");
        }

        using var worker = await WorkerProcess.StartAsync(workspace, workerCpu, cancellationToken);
        var noise = new MachineNoise();
        var outcomes = await RunPinnedAsync(
            clientCpu, () => Measure(settings, server, worker, cancellationToken));
        var report = new BenchReport(
            settings, placement, server is null ? Transport.Reference : outcomes[^1].Name, outcomes, [.. noise.Warnings(outcomes)]);
        WithChart(settings.Chart, file => OutputFile.Write(file, ReportChart.Of(report)));
        if (settings.IsJson)
            TerminalWriter.Write(ReportJson.Of(report));
        else
            ReportTable.Show(report);
        return ExitStatus.Success;
    }

    private static IReadOnlyList<TransportResult> Measure(
        BenchSettings settings, EchoServer? server, WorkerProcess worker, CancellationToken cancellationToken)
    {
        var comparison = new Comparison(settings, worker, ShowProgress, cancellationToken);
        try
        {
            return server is null
                ? comparison.Run([.. Transport.All.Select(transport => comparison.Of(transport, flows: true))])
                : comparison.Run([comparison.Of(server), comparison.Of(BaselineFor(server), flows: false)]);
        }
        catch (Exception error) when (error is IOException or SocketException or ToolException && worker.HasEnded(out var status))
        {
            // The worker's end is the cause, whatever error the transport reported.
            throw new ToolException($"the second process ended, with status {status}");
        }
        finally
        {
            ShowProgress("");
        }
    }

    // The same transport between our own processes, for comparison.
    private static Transport BaselineFor(EchoServer server) =>
        server.Address.Kind == ToolAddressKinds.Tcp
            ? Transport.All.First(t => t.Name == Transport.Reference)
            : Transport.Of(server.SocketType);

    // A thread of its own, because it is pinned and blocks.
    private static Task<T> RunPinnedAsync<T>(int? cpu, Func<T> body)
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

    // Progress is shown on a terminal only.
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
            throw new ToolException($"the chart cannot be written: {FileErrorText.Of(file, error)}");
        }
    }
}
