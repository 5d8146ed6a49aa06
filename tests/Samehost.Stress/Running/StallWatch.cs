using System.Diagnostics;

namespace Samehost.Stress.Running;

/// <summary>Notices when this process itself was held up, so that a slow machine is not taken for a slow server.</summary>
internal sealed class StallWatch : IDisposable
{
    private const int Period = 20; // milliseconds

    private readonly Timer _timer;
    private long _last = Stopwatch.GetTimestamp();
    private long _worst;

    public StallWatch() => _timer = new Timer(_ => Look(), null, Period, Period);

    /// <summary>Gets the longest hold-up since the last call.</summary>
    public TimeSpan Take()
    {
        Look();
        return TimeSpan.FromTicks(Interlocked.Exchange(ref _worst, 0));
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var now = Stopwatch.GetTimestamp();
        var late = Stopwatch.GetElapsedTime(Interlocked.Exchange(ref _last, now), now).Ticks;
        if (late > Interlocked.Read(ref _worst))
            Interlocked.Exchange(ref _worst, late);
    }
}
