namespace Samehost.Tests.Systemd;

/// <summary>A clock that a test advances.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private readonly List<GivenTimer> _timers = [];
    private TimeSpan _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new GivenTimer(() => callback(state));
        _timers.Add(timer);
        timer.Set(_now + dueTime, period);
        return timer;
    }

    public void Pass(TimeSpan time)
    {
        _now += time;
        _timers.ForEach(t => t.FireUntil(_now));
    }

    private sealed class GivenTimer(Action fire) : ITimer
    {
        private TimeSpan _due;
        private TimeSpan _period;
        private bool _stopped;

        public void Set(TimeSpan due, TimeSpan period) => (_due, _period) = (due, period);

        public void FireUntil(TimeSpan now)
        {
            while (!_stopped && _due <= now)
            {
                _due += _period;
                fire();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => !_stopped;

        public void Dispose() => _stopped = true;

        public ValueTask DisposeAsync()
        {
            _stopped = true;
            return ValueTask.CompletedTask;
        }
    }
}
