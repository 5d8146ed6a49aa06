using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Samehost.Stress.Running;

/// <summary>One run of a campaign: its time, its random numbers, its directory, its processes and what it counted.</summary>
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
        File.SetUnixFileMode(Directory, (UnixFileMode)0b111_101_101); // other users of this run have to get in
        Processes = new ProcessGroup(Directory);
        _timeIsOver.CancelAfter(time);
    }

    public string Name { get; }

    public int Seed { get; }

    /// <summary>For the campaign's own task alone; give others a <see cref="System.Random"/> that is made from it.</summary>
    public Random Random { get; }

    public string Directory { get; }

    public ProcessGroup Processes { get; }

    /// <summary>Ctrl+C: ends everything at once.</summary>
    public CancellationToken Canceled { get; }

    /// <summary>Canceled when the time is over, or by Ctrl+C.</summary>
    public CancellationToken TimeIsOver => _timeIsOver.Token;

    public bool GoesOn => !_timeIsOver.IsCancellationRequested;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    public static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>Gives the path of a file in the run's directory.</summary>
    public string At(string name) => Path.Join(Directory, name);

    public UnixEndPoint AddressAt(string name) => UnixEndPoint.FromPath(At(name));

    public void Count(string what, long number = 1)
    {
        if (_counts.TryAdd(what, 0))
            _order.Enqueue(what);
        _counts.AddOrUpdate(what, number, (_, old) => old + number);
    }

    /// <summary>Keeps the largest number of its kind.</summary>
    public void Most(string what, long number)
    {
        if (_counts.TryAdd(what, number))
            _order.Enqueue(what);
        _counts.AddOrUpdate(what, number, (_, old) => Math.Max(old, number));
    }

    public long CountOf(string what) => _counts.GetValueOrDefault(what);

    /// <summary>Prints a line about the progress on standard error.</summary>
    public void Note(string text) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Name} [{Elapsed.TotalSeconds:0.0} s]: {text}"));

    public string Summary(string outcome)
    {
        var counts = string.Join(", ", _order.Select(what => _counts[what].ToString("N0", CultureInfo.InvariantCulture) + " " + what));
        var user = IsRoot ? "as root" : "as an ordinary user";
        return string.Create(
            CultureInfo.InvariantCulture, $"{Name}: {outcome}: {counts}; {Elapsed.TotalMinutes:0.0} min, seed {Seed}, {user}");
    }

    public string Repeat(string arguments) => string.Create(
        CultureInfo.InvariantCulture,
        $"dotnet run --project tests/Samehost.Stress -- {Name} --seed {Seed} --minutes {_time.TotalMinutes:0.###}{arguments}");

    public async ValueTask DisposeAsync()
    {
        await Processes.DisposeAsync();
        _timeIsOver.Dispose();
        await RemoveAsync(Directory);
    }

    /// <summary>Removes a directory with all that is in it, including files whose names are not UTF-8, which the runtime cannot
    /// name.</summary>
    public static async Task RemoveAsync(string directory)
    {
        using var remove = Process.Start("rm", ["-rf", "--", directory]);
        await remove.WaitForExitAsync();
    }
}
