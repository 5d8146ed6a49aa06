using System.Globalization;
using Samehost.EventLoops;
using Samehost.Inspection;

namespace Samehost.Serving;

/// <summary>Reports events of one kind on the thread pool, one at a time and at most one a second; of those in between, the latest is
/// reported and the others are counted.</summary>
/// <param name="report">Reports an event, and the number of unreported ones before it. It does not throw.</param>
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

    /// <summary>Adds an event. It calls no foreign code, so it may be called with locks held and on an event loop.</summary>
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

    /// <summary>Reports the last event without a pause, and completes after that.</summary>
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
                report(next.Item, next.UnreportedCount);
                await _ending.Task.WaitAsync(Interval).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (OutOfMemoryException)
        {
            Stop(); // no timer could be started
        }
    }

    private (T Item, long UnreportedCount)? Take()
    {
        lock (_lock)
        {
            if (_latest is { } item)
            {
                var next = (item, _count - 1);
                (_latest, _count) = (null, 0);
                return next;
            }

            Stop(); // under the same lock: the next event starts it again
            return null;
        }
    }

    private void Stop()
    {
        lock (_lock)
        {
            _isQueued = _isRunning = false;
            _flushed?.TrySetResult(); // continuations run on the thread pool
            _flushed = null;
        }
    }
}

/// <summary>Reports exceptions of event handlers on standard error.</summary>
internal static class EventHandlerErrors
{
    private static readonly ReportQueue<string> Lines = new(static (line, unreported) => Write(line, unreported));

    /// <param name="handler">The event or callback, such as <c>UnixServerEvents.ConnectionEnded</c>.</param>
    /// <param name="error">The exception.</param>
    public static void Report(string handler, Exception error)
    {
        // The text of an exception may contain data that a client has sent.
        var text = PrintableText.Of($"{error.GetType()}: {error.Message}");
        Lines.Add($"samehost: {handler} threw {text}");
    }

    private static void Write(string line, long unreported)
    {
        try
        {
            Console.Error.WriteLine(unreported == 0
                ? line
                : string.Create(CultureInfo.InvariantCulture, $"{line} ({unreported} more since the last report)"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // standard error is closed
        }
    }
}
