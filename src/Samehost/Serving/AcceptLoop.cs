using System.Diagnostics;
using Samehost.Ancillary;
using Samehost.EventLoops;
using Samehost.Sockets;

namespace Samehost.Serving;

/// <summary>Accepts the connections of a server, within its limits.</summary>
internal sealed class AcceptLoop(
    UnixServer server, ListenerContext listener, LoopSemaphore freeConnections, int? reservedDescriptors, CancellationToken stopping)
    : IThreadPoolWorkItem
{
    // Long enough to cost little while descriptors are short, short enough to continue soon after others have freed some.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DescriptorReserve _reserve = new(reservedDescriptors);
    private readonly LoopSemaphore _freed = new(0, listener);
    private volatile bool _pausing;
    private long _blockedSince; // 0 while accepting is not blocked
    private long _lastReport;
    private bool _isCareful; // it came near the reserve once: from then on a low number may be one that was freed among many used ones

    /// <summary>Completes when accepting was stopped, or fails when it failed permanently, after the listener was closed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The time for which accepting has been blocked by the limit of connections or of descriptors.</summary>
    public TimeSpan BlockedFor => Volatile.Read(ref _blockedSince) is var since and not 0 ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Starts on the listener's event loop, which runs even if all threads of the thread pool are blocked.</summary>
    public void Start()
    {
        DescriptorBudget.Raise(reservedDescriptors ?? 0);
        listener.Post(this);
    }

    /// <summary>Ends a pause, because a connection has been closed.</summary>
    public void OnDescriptorFreed()
    {
        if (_pausing)
            _freed.Release();
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    // A single asynchronous method: awaiting another one could find it just completed on another thread, and would then continue on the
    // thread pool, whose threads may all be blocked.
    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var entering = freeConnections.WaitAsync(stopping);
                if (!entering.IsCompleted)
                    MarkBlocked();
                await entering.ConfigureAwait(false);
                Volatile.Write(ref _blockedSince, 0);
                SocketContext? client = null;
                while (client is null)
                {
                    var isShort = false;
                    try
                    {
                        client = await listener.ReceiveAsync<AcceptCall<SocketContext>, SocketContext>(this, default, default, stopping)
                            .ConfigureAwait(false);
                    }
                    catch (UnixSocketException e) when (e.Errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM)
                    {
                        ReportDelay(e);
                        isShort = true;
                    }
                    catch (UnixSocketException e) when (e.Errno is Errno.ECONNABORTED)
                    {
                        // the client has closed the connection
                    }
                    catch
                    {
                        freeConnections.Release(); // another loop may follow
                        throw;
                    }

                    if (isShort)
                    {
                        using (BeginPause())
                            await _freed.WaitAsync(stopping).ConfigureAwait(false);
                    }
                }

                Volatile.Write(ref _blockedSince, 0);
                _isCareful |= _reserve.IsNear(client);
                server.Begin(client);

                // Until connections that end have freed descriptors; if there are no connections, the reserve is used.
                while (_isCareful && server.ConnectionCount > 0 && _reserve.IsTouchedByNext(listener))
                {
                    ReportDelay(null);
                    using (BeginPause())
                        await _freed.WaitAsync(stopping).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (stopping.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
        {
            _ended.TrySetResult(); // stopped
        }
#pragma warning disable CA1031 // the task reports it
        catch (Exception e)
#pragma warning restore CA1031
        {
            // With a closed listener clients are refused; otherwise they would wait in the backlog forever.
            listener.Dispose();
            _ended.TrySetException(e);
        }
    }

    /// <summary>Begins a pause, which ends early when a connection is closed.</summary>
    private PauseScope BeginPause()
    {
        MarkBlocked();
        _pausing = true;
        try
        {
            return new(this, new Timer(static freed => ((LoopSemaphore)freed!).Release(), _freed, Pause, Timeout.InfiniteTimeSpan));
        }
        catch (Exception e) when (EventLoopThreads.IsStartFailure(e))
        {
            return new(this, null); // the runtime cannot start a thread for its timers: a connection that ends continues the loop
        }
    }

    private void MarkBlocked()
    {
        if (_blockedSince == 0)
            Volatile.Write(ref _blockedSince, Stopwatch.GetTimestamp());
    }

    /// <summary>Counts a delay, and reports it if the last report is a second ago.</summary>
    /// <param name="error">The error of accept(2), or null for the reserve.</param>
    private void ReportDelay(UnixSocketException? error)
    {
        server.Metrics.Delayed();
        if (_lastReport != 0 && Stopwatch.GetElapsedTime(_lastReport) < ReportInterval)
            return;
        error ??= new UnixSocketException(Errno.EMFILE, "accept", server.LocalEndPoint);
        server.ReportDelay(error);
        _lastReport = Stopwatch.GetTimestamp();
    }

    /// <summary>Ends a pause.</summary>
    private readonly struct PauseScope(AcceptLoop loop, Timer? timer) : IDisposable
    {
        public void Dispose()
        {
            loop._pausing = false;
            timer?.Dispose();
        }
    }
}
