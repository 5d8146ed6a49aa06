namespace Samehost;

/// <content>Stopping.</content>
public sealed partial class UnixServer
{
    private static readonly TimeSpan UnwindTime = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<bool>? _stop;

    /// <summary>
    /// Stops accepting, removes the path, tells the handlers through their token, and waits for them; connections that are left when
    /// the time is over are closed. Connections that wait in the backlog are reset.
    /// </summary>
    /// <remarks>It ends at most a second after its time, also when a handler never does. A handler that awaits it waits for
    /// itself, and so until the time is over.</remarks>
    /// <param name="drain">How long handlers may go on; <see cref="UnixServerOptions.DrainTimeout"/> when null, without limit
    /// when <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <returns>True when every handler had ended in time. A second call returns the first one's outcome.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative, or longer than 49 days.</exception>
    public Task<bool> StopAsync(TimeSpan? drain = null)
    {
        if (drain is { } time)
            CheckDrain(time, nameof(drain));
        lock (_lock)
            return _stop ??= Task.Run(() => DrainAsync(drain ?? _options.DrainTimeout));
    }

    /// <summary>Stops as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private static void CheckDrain(TimeSpan time, string parameter)
    {
        // What a timer takes.
        if (time != Timeout.InfiniteTimeSpan && (time < TimeSpan.Zero || time.TotalMilliseconds > uint.MaxValue - 1))
            throw new ArgumentOutOfRangeException(parameter, time, "The time to drain must be zero to 49 days, or infinite.");
    }

    private async Task<bool> DrainAsync(TimeSpan drain)
    {
        // Two tokens: callbacks that handlers put on theirs may block or throw, and must not keep the server from stopping.
        await _stopAccepting.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        _ = _stopping.CancelAsync().ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);

        bool drained = await EndsWithin(drain, AllEnded()).ConfigureAwait(false);
        if (!drained)
        {
            _connections.Abort();
            await EndsWithin(UnwindTime, AllEnded()).ConfigureAwait(false);
        }

        _completion.TrySetResult();
        return drained;
    }

    private async Task AllEnded()
    {
        // First the loop: until it has ended, it may begin one more.
        await _accepting.Ended.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        await _connections.Empty().ConfigureAwait(false);
    }

    private static async Task<bool> EndsWithin(TimeSpan time, Task task)
    {
        try
        {
            await task.WaitAsync(time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
