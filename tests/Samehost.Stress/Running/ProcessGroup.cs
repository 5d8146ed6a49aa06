using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Samehost.Stress.Running;

/// <summary>The processes of a run, including their children; all are killed when this is disposed.</summary>
internal sealed class ProcessGroup : IAsyncDisposable
{
    /// <summary>The environment variable that identifies the run in each of its processes and their children.</summary>
    public const string Mark = "SAMEHOST_STRESS";

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<Worker, bool> _workers = new();
    private readonly string _mark;

    public ProcessGroup(string directory) => _mark = directory;

    public static string Host { get; } = Path.GetFullPath("../../../dotnet", RuntimeEnvironment.GetRuntimeDirectory());

    /// <summary>Starts this program as <c>worker NAME ARGUMENT…</c>.</summary>
    public Worker StartWorker(params string[] arguments) =>
        Start([Host, "exec", typeof(ProcessGroup).Assembly.Location, "worker", .. arguments]);

    /// <summary>Starts Samehost.TestPeer.</summary>
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
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // without the sockets of the runtime's diagnostics
        start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Host);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var worker = new Worker(Process.Start(start)!, string.Join(' ', command), Forget);
        _workers.TryAdd(worker, true);
        return worker;
    }

    /// <summary>Kills the remaining processes and waits until they have exited.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers.Keys)
            await worker.DisposeAsync();
        var start = Stopwatch.GetTimestamp();
        while (FindRemaining() is { Count: > 0 } remaining)
        {
            foreach (var process in remaining)
                process.Kill();
            if (Stopwatch.GetElapsedTime(start) > WaitTimeout)
                throw new CampaignException($"Processes do not end: {string.Join(", ", remaining.Select(p => p.Id))}.");
            await Task.Delay(10);
        }
    }

    private void Forget(Worker worker) => _workers.TryRemove(worker, out _);

    /// <summary>Returns the running processes of this run, also those that its processes started.</summary>
    private List<Process> FindRemaining()
    {
        var mark = Encoding.UTF8.GetBytes($"{Mark}={_mark}");
        var remaining = new List<Process>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var id) || id == Environment.ProcessId)
                continue;
            try
            {
                if (File.ReadAllBytes(Path.Join(directory, "environ")).AsSpan().IndexOf(mark) >= 0)
                    remaining.Add(Process.GetProcessById(id));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // it has just exited, or belongs to another user
            }
        }
        return remaining;
    }
}

/// <summary>The paths of other programs of this repository, in the same configuration.</summary>
internal static class BuiltPrograms
{
    // …/tests/Samehost.Stress/bin/CONFIGURATION/FRAMEWORK/
    private static readonly DirectoryInfo Framework = new(AppContext.BaseDirectory.TrimEnd('/'));
    private static readonly DirectoryInfo Configuration = Framework.Parent!;

    private static string Root => Configuration.Parent!.Parent!.Parent!.Parent!.FullName;

    /// <summary>The command that starts Samehost.TestPeer.</summary>
    public static string[] Peer =>
        [ProcessGroup.Host, "exec", Path.Join(GetOutputDirectory("tests", "Samehost.TestPeer"), "Samehost.TestPeer.dll")];

    public static string Tool => Path.Join(GetOutputDirectory("src", "Samehost.Tool"), "samehost");

    public static string Corpus => Path.Join(Root, "tests", "Samehost.Stress", "Corpus");

    /// <summary>Copies this program to where another user can read it.</summary>
    public static string CopyForOthers(string directory)
    {
        var target = Path.Join(directory, "build");
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory))
        {
            var copy = Path.Join(Directory.CreateDirectory(target).FullName, Path.GetFileName(file));
            File.Copy(file, copy, overwrite: true);
            File.SetUnixFileMode(copy, (UnixFileMode)0b110_100_100);
        }
        File.SetUnixFileMode(target, (UnixFileMode)0b111_101_101);
        return Path.Join(target, "Samehost.Stress.dll");
    }

    private static string GetOutputDirectory(string folder, string project) =>
        Path.Join(Root, folder, project, "bin", Configuration.Name, Framework.Name);
}
