using System.Collections.Concurrent;
using System.Diagnostics;
using Samehost.EventLoops;
using Samehost.Interop;

namespace Samehost.Tool.Relay;

/// <summary>
/// An event loop that moves the bytes of its links on one thread: a message costs one wait, one read and one write. It waits with ppoll
/// while the links are few and with epoll when they are many, and adapts how long it busy-polls before it sleeps (a wake-up costs more than
/// a small message). It works on descriptors, which splice(2) needs, and not on the library's streams, which belong to its event loop; so
/// relayed messages with descriptors take the same loop.
/// </summary>
internal sealed class RelayEventLoop : IDisposable
{
    private readonly Descriptor _wake;
    private readonly PpollPoller _ppoll;
    private readonly EpollPoller _epoll;
    private readonly RelayBuffers _buffers = new();
    private readonly ConcurrentQueue<RelayLink> _arrivals = new();
    private readonly HashSet<RelayLink> _links = [];
    private readonly Queue<RelayLink> _runQueue = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadinessPoller _poller;
    private SpinBudget _spinBudget;
    private int _count;
    private volatile bool _stopping;

    public RelayEventLoop()
    {
        var result = LibcEventFd.Create(out var wake);
        if (result < 0)
            throw new UnixSocketException((Errno)(-result), "eventfd");
        _wake = wake!;
        _epoll = new EpollPoller(_wake);
        _poller = _ppoll = new PpollPoller(_wake);
        new Thread(Run) { Name = "relay", IsBackground = true }.Start();
    }

    /// <summary>Completes when the loop has stopped, with the error of an observer if there is one.</summary>
    public Task Completion => _completion.Task;

    public int Count => Volatile.Read(ref _count);

    public void Add(RelayLink link)
    {
        Interlocked.Increment(ref _count);
        _arrivals.Enqueue(link);
        LibcEventFd.Signal(_wake);
    }

    /// <summary>Ends all links and the thread.</summary>
    public void Stop()
    {
        _stopping = true;
        LibcEventFd.Signal(_wake);
    }

    public void Dispose()
    {
        Stop();
        _ = Completion.ContinueWith(
            static (_, state) =>
            {
                var loop = (RelayEventLoop)state!;
                loop._epoll.Dispose();
                loop._wake.Dispose();
                loop._buffers.Dispose();
            },
            this, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void Run()
    {
        Exception? problem = null;
        try
        {
            while (!_stopping)
                RunOnce();
        }
#pragma warning disable CA1031 // reported through Completion: an unhandled exception on this thread would end the process
        catch (Exception error)
#pragma warning restore CA1031
        {
            problem = error;
        }
        _stopping = true;
        foreach (var link in _links)
            Remove(link, stopped: true);
        while (_arrivals.TryDequeue(out var link))
            link.Complete(_buffers, stopped: true);
        if (problem is null)
            _completion.TrySetResult();
        else
            _completion.TrySetException(problem);
    }

    private void RunOnce()
    {
        if (_poller == _ppoll && _links.Count > PpollPoller.MaxLinks)
            SwitchTo(_epoll);
        else if (_poller == _epoll && _links.Count <= PpollPoller.MaxLinks / 2)
            SwitchTo(_ppoll);
        Wait();
        while (_poller.TryNext(out var link))
        {
            if (link is null)
                AddArrivals();
            else
                Process(link);
        }
        for (var left = _runQueue.Count; left > 0; left--)
        {
            var link = _runQueue.Dequeue();
            link.IsQueued = false;
            if (!link.IsFinished)
                Process(link);
        }
    }

    private void SwitchTo(IReadinessPoller other)
    {
        foreach (var link in _links)
        {
            _poller.Remove(link);
            other.Add(link);
        }
        _poller = other;
    }

    private void Wait()
    {
        if (_poller.Wait(block: false) || _runQueue.Count > 0)
            return;
        var start = Stopwatch.GetTimestamp();
        var budget = _links.Count > 0 ? _spinBudget.Budget : 0;
        while (budget > 0 && Stopwatch.GetTimestamp() - start < budget)
        {
            LibcSched.Yield();
            if (_poller.Wait(block: false))
            {
                _spinBudget.Succeeded(Stopwatch.GetTimestamp() - start);
                return;
            }
        }
        _poller.Wait(block: true);
        _spinBudget.Slept(Stopwatch.GetTimestamp() - start);
    }

    private void Process(RelayLink link)
    {
        var more = link.Move(_buffers);
        if (link.IsFinished)
        {
            _links.Remove(link);
            Remove(link, stopped: false);
        }
        else if (more && !link.IsQueued)
        {
            link.IsQueued = true;
            _runQueue.Enqueue(link);
        }
    }

    private void AddArrivals()
    {
        LibcEventFd.Clear(_wake);
        while (_arrivals.TryDequeue(out var link))
        {
            _links.Add(link);
            _poller.Add(link);
            Process(link);
        }
    }

    private void Remove(RelayLink link, bool stopped)
    {
        _poller.Remove(link);
        Interlocked.Decrement(ref _count);
        link.Complete(_buffers, stopped);
    }
}

/// <summary>The event loops among which the links are distributed.</summary>
internal sealed class RelayLoopGroup : IDisposable
{
    private const int MaxLoops = 4;

    private readonly RelayEventLoop[] _loops;

    /// <param name="inOrder">Use one thread, so that an observer sees all links in order.</param>
    public RelayLoopGroup(bool inOrder)
    {
        var count = inOrder ? 1 : Math.Min(Environment.ProcessorCount, MaxLoops);
        _loops = [.. Enumerable.Range(0, count).Select(_ => new RelayEventLoop())];
        Failed = Task.WhenAny(_loops.Select(l => l.Completion)).Unwrap();
    }

    /// <summary>Completes only when a loop fails, with its error.</summary>
    public Task Failed { get; }

    public void Add(RelayLink link) => _loops.MinBy(l => l.Count)!.Add(link);

    public void Stop() => Array.ForEach(_loops, l => l.Stop());

    public void Dispose() => Array.ForEach(_loops, l => l.Dispose());
}
