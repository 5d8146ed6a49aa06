using Samehost.EventLoops;

namespace Samehost.Serving;

/// <summary>
/// Reports one kind of event on the thread pool, one report at a time and at most one a second. Of what comes in between, the latest is
/// reported and the others are counted.
/// </summary>
/// <param name="report">Reports an event, and how many were left out before it. Does not throw.</param>
internal sealed class ReportQueue<T>(Action<T, long> report) : IThreadPoolWorkItem
    where T : class
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _latest;
    private long _count;
    private bool _isQueued; // or running
    private bool _isRunning;
    private TaskCompletionSource? _flushed;

    /// <summary>Adds an event. Runs no code of others, so that it may be called with locks held and on an event loop.</summary>
    public void Add(T item)
    {
        lock (_lock)
        {
            _latest = item;
            _count++;
            if (_isQueued)
                return;
            _isQueued = true;
        }

        if (ThreadPoolQueue.TryQueue(this))
            return;
        lock (_lock)
            _isQueued = _isRunning; // no thread could be started; the next event tries again
    }

    /// <summary>Reports what is left without a pause, and completes when that has been done.</summary>
    public Task FlushAsync()
    {
        _ending.TrySetResult();
        lock (_lock)
        {
            if (!_isQueued)
                return Task.CompletedTask;
            _flushed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _flushed.Task;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        lock (_lock)
        {
            if (_isRunning)
                return; // queued a second time
            _isQueued = _isRunning = true;
        }

        _ = RunAsync();
    }

    private async Task RunAsync()
    {
        try
        {
            while (Take() is { } next)
            {
                report(next.Item, next.LeftOut);
                await _ending.Task.WaitAsync(Interval).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (OutOfMemoryException)
        {
            Stop(); // no timer could be started
        }
    }

    private (T Item, long LeftOut)? Take()
    {
        lock (_lock)
        {
            if (_latest is { } item)
            {
                var next = (item, _count - 1);
                (_latest, _count) = (null, 0);
                return next;
            }

            Stop(); // under the same lock: an event that comes now starts it again
            return null;
        }
    }

    private void Stop()
    {
        lock (_lock)
        {
            _isQueued = _isRunning = false;
            _flushed?.TrySetResult(); // continues elsewhere
            _flushed = null;
        }
    }
}
