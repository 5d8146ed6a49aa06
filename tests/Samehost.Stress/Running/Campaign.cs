using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Samehost.Stress.Running;

/// <summary>A property that must hold, tested for a given time.</summary>
internal abstract class Campaign
{
    /// <summary>The command that runs it.</summary>
    public abstract string Name { get; }

    /// <summary>One sentence about what it does and asserts.</summary>
    public abstract string Description { get; }

    /// <summary>Runs until the time is over.</summary>
    /// <exception cref="CampaignException">The property does not hold.</exception>
    public abstract Task RunAsync(CampaignRun run);
}

/// <summary>A failure that a campaign found.</summary>
internal sealed class CampaignException(string message, string? repeat = null) : Exception(message)
{
    /// <summary>The command that repeats the failure, where it differs from the campaign's command with the same seed.</summary>
    public string? Repeat { get; } = repeat;
}

/// <summary>One run of a campaign: its time, random numbers, directory, processes and counts.</summary>
internal sealed class CampaignRun : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, long> _counts = new();
    private readonly ConcurrentQueue<string> _order = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly CancellationTokenSource _timeIsOver;
    private readonly TimeSpan _time;

    public CampaignRun(string name, TimeSpan time, int seed, CancellationToken cancellationToken)
    {
        Name = name;
        Seed = seed;
        _time = time;
        Random = new Random(seed);
        Canceled = cancellationToken;
        _timeIsOver = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Directory = System.IO.Directory.CreateTempSubdirectory("samehost-stress-").FullName;
        File.SetUnixFileMode(Directory, (UnixFileMode)0b111_101_101); // a process of another user has to access it
        Processes = new ProcessGroup(Directory);
        _timeIsOver.CancelAfter(time);
    }

    public string Name { get; }

    public int Seed { get; }

    /// <summary>The random numbers of the campaign's own task; others use a <see cref="System.Random"/> seeded from it.</summary>
    public Random Random { get; }

    public string Directory { get; }

    public ProcessGroup Processes { get; }

    /// <summary>Canceled by Ctrl+C.</summary>
    public CancellationToken Canceled { get; }

    /// <summary>Canceled when the time is over, or by Ctrl+C.</summary>
    public CancellationToken TimeIsOver => _timeIsOver.Token;

    public bool IsRunning => !_timeIsOver.IsCancellationRequested;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    public static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>Returns the path of a file in the directory of the run.</summary>
    public string GetPath(string name) => Path.Join(Directory, name);

    public UnixEndPoint GetEndPoint(string name) => UnixEndPoint.FromPath(GetPath(name));

    public void Count(string what, long number = 1)
    {
        if (_counts.TryAdd(what, 0))
            _order.Enqueue(what);
        _counts.AddOrUpdate(what, number, (_, old) => old + number);
    }

    /// <summary>Counts the maximum of a number.</summary>
    public void CountMaximum(string what, long number)
    {
        if (_counts.TryAdd(what, number))
            _order.Enqueue(what);
        _counts.AddOrUpdate(what, number, (_, old) => Math.Max(old, number));
    }

    public long GetCount(string what) => _counts.GetValueOrDefault(what);

    /// <summary>Prints a line about the progress on standard error.</summary>
    public void ReportProgress(string text) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Name} [{Elapsed.TotalSeconds:0.0} s]: {text}"));

    public string GetSummary(string outcome)
    {
        var counts = string.Join(", ", _order.Select(what => _counts[what].ToString("N0", CultureInfo.InvariantCulture) + " " + what));
        var user = IsRoot ? "as root" : "as an ordinary user";
        return string.Create(
            CultureInfo.InvariantCulture, $"{Name}: {outcome}: {counts}; {Elapsed.TotalMinutes:0.0} min, seed {Seed}, {user}");
    }

    public string GetRepeatCommand(string arguments) => string.Create(
        CultureInfo.InvariantCulture,
        $"dotnet run --project tests/Samehost.Stress -- {Name} --seed {Seed} --minutes {_time.TotalMinutes:0.###}{arguments}");

    public async ValueTask DisposeAsync()
    {
        await Processes.DisposeAsync();
        _timeIsOver.Dispose();
        await DeleteAsync(Directory);
    }

    /// <summary>Deletes a directory with its contents; by rm(1), because the runtime cannot delete names that are not UTF-8.</summary>
    public static async Task DeleteAsync(string directory)
    {
        using var remove = Process.Start("rm", ["-rf", "--", directory]);
        await remove.WaitForExitAsync();
    }
}
