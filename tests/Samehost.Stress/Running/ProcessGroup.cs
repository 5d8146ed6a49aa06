using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Samehost.Stress.Running;

/// <summary>The processes of a run, their children included. Disposing leaves none.</summary>
internal sealed class ProcessGroup : IAsyncDisposable
{
    /// <summary>In the environment of every process of the run, and so of what these start: it names the run.</summary>
    public const string Mark = "SAMEHOST_STRESS";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<Worker, bool> _workers = new();
    private readonly string _mark;

    public ProcessGroup(string directory) => _mark = directory;

    public static string Host { get; } = Path.GetFullPath("../../../dotnet", RuntimeEnvironment.GetRuntimeDirectory());

    /// <summary>This program again, as <c>worker NAME ARGUMENT…</c>.</summary>
    public Worker StartWorker(params string[] arguments) =>
        Start([Host, "exec", typeof(ProcessGroup).Assembly.Location, "worker", .. arguments]);

    /// <summary>The peer of the other tests.</summary>
    public Worker StartPeer(params string[] arguments) => Start([.. BuiltPrograms.Peer, .. arguments]);

    public Worker Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1, // byte by byte
            StandardErrorEncoding = Encoding.Latin1,
        };
        start.Environment[Mark] = _mark;
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // no sockets of the runtime's beside ours
        start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Host);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var worker = new Worker(Process.Start(start)!, string.Join(' ', command), Forget);
        _workers.TryAdd(worker, true);
        return worker;
    }

    /// <summary>Kills what is left, and waits until it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers.Keys)
            await worker.DisposeAsync();
        var start = Stopwatch.GetTimestamp();
        while (Left() is { Count: > 0 } left)
        {
            foreach (var process in left)
                process.Kill();
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new CampaignException($"Processes do not end: {string.Join(", ", left.Select(p => p.Id))}.");
            await Task.Delay(10);
        }
    }

    private void Forget(Worker worker) => _workers.TryRemove(worker, out _);

    /// <summary>Finds the processes of this run that live, whoever started them.</summary>
    private List<Process> Left()
    {
        var mark = Encoding.UTF8.GetBytes($"{Mark}={_mark}");
        var left = new List<Process>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var id) || id == Environment.ProcessId)
                continue;
            try
            {
                if (File.ReadAllBytes(Path.Join(directory, "environ")).AsSpan().IndexOf(mark) >= 0)
                    left.Add(Process.GetProcessById(id));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // it has just ended, or is another user's
            }
        }
        return left;
    }
}
