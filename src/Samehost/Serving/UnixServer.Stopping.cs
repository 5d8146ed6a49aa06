using System.Diagnostics;
using System.Runtime.InteropServices;
using Samehost.Serving;

namespace Samehost;

/// <content>Stopping.</content>
public sealed partial class UnixServer
{
    private static readonly TimeSpan UnwindTime = TimeSpan.FromSeconds(1);

    // No place for those in the backlog for so long, and handlers are told to make some.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private CancellationTokenSource _stopAccepting = new();
    private AcceptLoop _accepting;
    private Task<bool>? _stop;

    /// <summary>
    /// Stops accepting, removes the path, tells the handlers through their token, and waits for them; connections that are left when
    /// the time is over are closed. Connections that wait in the backlog are reset; only where a fresh socket has been put in the place
    /// of this one (<see cref="SocketFileOptions.ReplaceLive"/>) are they accepted and served first, which may take half of the time.
    /// Handlers are told before that only where there is no place for them otherwise.
    /// </summary>
    /// <remarks>It ends at most a second after its time, also when a handler never does. A handler that awaits it waits for
    /// itself, and so until the time is over; a method of <see cref="UnixServerEvents"/> may wait for it, which takes a second.</remarks>
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

    /// <summary>True once the connections that were left at the stop have been closed under their handlers.</summary>
    internal bool HasAborted => _connections.IsAborted;

    /// <summary>The listening socket, for a successor.</summary>
    internal SafeHandle ListenerHandle => _listener;

    /// <summary>The listening socket is about to be shared; returns the path that goes with it, if any.</summary>
    internal ReadOnlyMemory<byte> ShareListener() => _listener.Share();

    /// <summary>Accepts no more for a while; clients wait in the backlog, which a successor may serve.</summary>
    internal async Task PauseAcceptingAsync()
    {
        CancellationTokenSource stop;
        AcceptLoop accepting;
        lock (_lock)
            (stop, accepting) = (_stopAccepting, _accepting);
        await stop.CancelAsync().ConfigureAwait(false);
        await accepting.Ended.ConfigureAwait(false);
    }

    /// <summary>Goes on accepting after <see cref="PauseAcceptingAsync"/>, unless the server was stopped or had failed.</summary>
    internal void ResumeAccepting()
    {
        lock (_lock)
        {
            if (_stop is not null || _accepting.Ended.IsFaulted)
                return;
            _listener.TellKernel();
            _stopAccepting = new CancellationTokenSource();
            _accepting = StartAccepting();
        }
    }

    /// <summary>Leaves the path to a successor; false when the server was stopped meanwhile, and the path is gone.</summary>
    internal bool TryLeave()
    {
        lock (_lock)
        {
            return _stop is null && _listener.LeaveFile();
        }
    }

    private AcceptLoop StartAccepting()
    {
        var loop = new AcceptLoop(this, _listener, _room, _options.ReservedDescriptors, _stopAccepting.Token);
        loop.Ended.ContinueWith(
            t => _completion.TrySetException(t.Exception!.InnerExceptions),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        loop.Start();
        return loop;
    }

    private static void CheckDrain(TimeSpan time, string parameter)
    {
        // What a timer takes.
        if (time != Timeout.InfiniteTimeSpan && (time < TimeSpan.Zero || time.TotalMilliseconds > uint.MaxValue - 1))
            throw new ArgumentOutOfRangeException(parameter, time, "The time to drain must be zero to 49 days, or infinite.");
    }

    private async Task<bool> DrainAsync(TimeSpan drain)
    {
        long start = Stopwatch.GetTimestamp();
        // A fresh socket was put in the place of this one: whoever is still in the old queue is served from here.
        if (_listener.IsReplaced)
        {
            Task emptied = _listener.EmptyBacklogAsync(() =>
            {
                if (_accepting.HeldUpFor > Patience)
                    TellHandlers();
            });
            await EndsWithin(drain == Timeout.InfiniteTimeSpan ? drain : drain / 2, emptied).ConfigureAwait(false);
        }

        await _stopAccepting.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        TellHandlers();

        bool drained = await EndsWithin(Left(), AllEnded()).ConfigureAwait(false);
        var reported = EndsWithin(UnwindTime, Task.WhenAll(_refusals.FlushAsync(), _delays.FlushAsync()));
        _connections.Abort(); // of those that are left when all have ended, only methods of the events are running
        if (!drained)
            await EndsWithin(UnwindTime, AllEnded()).ConfigureAwait(false);

        await reported.ConfigureAwait(false);
        Metrics.Leave();
        _completion.TrySetResult();
        return drained;

        TimeSpan Left()
        {
            TimeSpan left = drain - Stopwatch.GetElapsedTime(start);
            return drain == Timeout.InfiniteTimeSpan ? drain : left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    // Two tokens: callbacks that handlers put on theirs may block or throw, and must not keep the server from stopping.
    private void TellHandlers() => _ = _stopping.CancelAsync().ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);

    private async Task AllEnded()
    {
        // First the loop: until it has ended, it may begin one more.
        await _accepting.Ended.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        await _connections.EndedAsync(UnwindTime).ConfigureAwait(false);
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
