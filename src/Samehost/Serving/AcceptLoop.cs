using System.Diagnostics;
using Samehost.Ancillary;
using Samehost.EventLoops;
using Samehost.Sockets;

namespace Samehost.Serving;

/// <summary>Accepts for a server for as long as it runs, within its limits.</summary>
internal sealed class AcceptLoop(
    UnixServer server, ListenerContext listener, LoopSemaphore room, int? reservedDescriptors, CancellationToken stopping)
    : IThreadPoolWorkItem
{
    // Long enough to cost nothing while descriptors are short, short enough to go on soon after others have freed some.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DescriptorReserve _reserve = new(reservedDescriptors);
    private readonly LoopSemaphore _freed = new(0, listener);
    private volatile bool _pausing;
    private long _heldUpSince; // 0 while nothing hinders accepting
    private long _told;
    private bool _isCareful; // it came near the reserve once: from then on a low number may be one that was freed among many taken ones

    /// <summary>Ends when accepting was stopped; with an error if it failed for good, after the listener was closed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>For how long there has been no room, or no descriptor, for whoever may be waiting in the backlog.</summary>
    public TimeSpan HeldUpFor => Volatile.Read(ref _heldUpSince) is var since and not 0 ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Begins on the listener's event loop, which runs even when the thread pool is all held up.</summary>
    public void Start()
    {
        DescriptorRoom.Raise(reservedDescriptors ?? 0);
        listener.Post(this);
    }

    /// <summary>A connection has ended, and with it a descriptor.</summary>
    public void Freed()
    {
        if (_pausing)
            _freed.Release();
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    // One asynchronous method: an await of another one could find that it has just ended, on another thread, and would then continue on
    // the thread pool, all of whose threads may be blocked.
    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var entering = room.WaitAsync(stopping);
                if (!entering.IsCompleted)
                    HeldUp();
                await entering.ConfigureAwait(false);
                Volatile.Write(ref _heldUpSince, 0);
                SocketContext? client = null;
                while (client is null)
                {
                    bool pauses = false;
                    try
                    {
                        client = await listener.ReceiveAsync<AcceptCall<SocketContext>, SocketContext>(this, default, default, stopping)
                            .ConfigureAwait(false);
                    }
                    catch (UnixSocketException e) when (e.Errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM)
                    {
                        Tell(e);
                        pauses = true;
                    }
                    catch (UnixSocketException e) when (e.Errno is Errno.ECONNABORTED)
                    {
                        // the client has left again
                    }
                    catch
                    {
                        room.Release(); // another loop may follow this one
                        throw;
                    }

                    if (pauses)
                    {
                        using var timer = BeginPause();
                        await _freed.WaitAsync(stopping).ConfigureAwait(false);
                        _pausing = false;
                    }
                }

                Volatile.Write(ref _heldUpSince, 0);
                _isCareful |= _reserve.IsNear(client);
                server.Begin(client);

                // Until connections that end have freed descriptors; where none is left, the reserve is used after all.
                while (_isCareful && server.ConnectionCount > 0 && _reserve.IsTouchedByNext(listener))
                {
                    Tell(null);
                    using var timer = BeginPause();
                    await _freed.WaitAsync(stopping).ConfigureAwait(false);
                    _pausing = false;
                }
            }
        }
        catch (Exception e) when (stopping.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
        {
            _ended.TrySetResult(); // told to stop
        }
#pragma warning disable CA1031 // handed on to whoever waits for the end
        catch (Exception e)
#pragma warning restore CA1031
        {
            // Closed, clients are refused; otherwise they would wait in the backlog for a server that never comes.
            listener.Dispose();
            _ended.TrySetException(e);
        }
    }

    /// <summary>Begins a pause, which a connection that ends cuts short.</summary>
    private Timer? BeginPause()
    {
        HeldUp();
        _pausing = true;
        try
        {
            return new Timer(static freed => ((LoopSemaphore)freed!).Release(), _freed, Pause, Timeout.InfiniteTimeSpan);
        }
        catch (Exception e) when (EventLoopThreads.IsStartFailure(e))
        {
            return null; // the runtime can start no thread for its timers: a connection that ends is what is left
        }
    }

    private void HeldUp()
    {
        if (_heldUpSince == 0)
            Volatile.Write(ref _heldUpSince, Stopwatch.GetTimestamp());
    }

    /// <summary>Counts a delay, and has it reported if the last report is a second ago; without an error of the kernel's, of the
    /// reserve.</summary>
    private void Tell(UnixSocketException? error)
    {
        server.Metrics.Delayed();
        if (_told != 0 && Stopwatch.GetElapsedTime(_told) < TellEvery)
            return;
        error ??= new UnixSocketException(Errno.EMFILE, "accept", server.LocalEndPoint);
        server.ReportDelay(error);
        _told = Stopwatch.GetTimestamp();
    }
}
