using System.Collections.Concurrent;
using System.Diagnostics;
using Samehost.EventLoops;
using Samehost.Interop;

namespace Samehost.Tool.Relay;

/// <summary>
/// One thread that moves the bytes of its links: a message costs one wait, one read and one write. It waits with poll while the links are
/// few and with epoll when they are many, and learns whether to look again for a moment before it sleeps (a wake-up costs more than a
/// small message).
/// </summary>
internal sealed class RelayEventLoop : IDisposable
{
    private readonly Descriptor _wake;
    private readonly PpollPoller _few;
    private readonly EpollPoller _many;
    private readonly RelayBuffers _resources = new();
    private readonly ConcurrentQueue<RelayLink> _arrivals = new();
    private readonly HashSet<RelayLink> _links = [];
    private readonly Queue<RelayLink> _again = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadinessPoller _wait;
    private SpinBudget _budget;
    private int _count;
    private volatile bool _stopping;

    public RelayEventLoop()
    {
        int result = LibcEventFd.Create(out var wake);
        if (result < 0)
            throw new UnixSocketException((Errno)(-result), "eventfd");
        _wake = wake!;
        _many = new EpollPoller(_wake);
        _wait = _few = new PpollPoller(_wake);
        new Thread(Run) { Name = "relay", IsBackground = true }.Start();
    }

    /// <summary>Ends when the loop has stopped, with the error of whoever looked at the bytes.</summary>
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
                loop._many.Dispose();
                loop._wake.Dispose();
                loop._resources.Dispose();
            },
            this, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void Run()
    {
        Exception? problem = null;
        try
        {
            while (!_stopping)
                Turn();
        }
#pragma warning disable CA1031 // handed on through Completion: an exception on a thread of its own would end the process
        catch (Exception error)
#pragma warning restore CA1031
        {
            problem = error;
        }
        _stopping = true;
        foreach (var link in _links)
            Remove(link, stopped: true);
        while (_arrivals.TryDequeue(out var link))
            link.Complete(_resources, stopped: true);
        if (problem is null)
            _completion.TrySetResult();
        else
            _completion.TrySetException(problem);
    }

    private void Turn()
    {
        if (_wait == _few && _links.Count > PpollPoller.MostLinks)
            WaitWith(_many);
        else if (_wait == _many && _links.Count <= PpollPoller.MostLinks / 2)
            WaitWith(_few);
        Wait();
        while (_wait.TryNext(out var link))
        {
            if (link is null)
                Welcome();
            else
                Serve(link);
        }
        for (int left = _again.Count; left > 0; left--)
        {
            var link = _again.Dequeue();
            link.IsQueued = false;
            if (!link.IsFinished)
                Serve(link);
        }
    }

    private void WaitWith(IReadinessPoller other)
    {
        foreach (var link in _links)
        {
            _wait.Remove(link);
            other.Add(link);
        }
        _wait = other;
    }

    private void Wait()
    {
        if (_wait.Wait(sleeps: false) || _again.Count > 0)
            return;
        long start = Stopwatch.GetTimestamp();
        long budget = _links.Count > 0 ? _budget.Budget : 0;
        while (budget > 0 && Stopwatch.GetTimestamp() - start < budget)
        {
            LibcSched.Yield();
            if (_wait.Wait(sleeps: false))
            {
                _budget.Succeeded();
                return;
            }
        }
        _wait.Wait(sleeps: true);
        _budget.Slept(Stopwatch.GetTimestamp() - start);
    }

    private void Serve(RelayLink link)
    {
        bool more = link.Move(_resources);
        if (link.IsFinished)
        {
            _links.Remove(link);
            Remove(link, stopped: false);
        }
        else if (more && !link.IsQueued)
        {
            link.IsQueued = true;
            _again.Enqueue(link);
        }
    }

    private void Welcome()
    {
        LibcEventFd.Clear(_wake);
        while (_arrivals.TryDequeue(out var link))
        {
            _links.Add(link);
            _wait.Add(link);
            Serve(link);
        }
    }

    private void Remove(RelayLink link, bool stopped)
    {
        _wait.Remove(link);
        Interlocked.Decrement(ref _count);
        link.Complete(_resources, stopped);
    }
}

/// <summary>The loops that share the links.</summary>
internal sealed class RelayLoopGroup : IDisposable
{
    private const int MostLoops = 4;

    private readonly RelayEventLoop[] _loops;

    /// <param name="inOrder">All links go through one thread, so that a observer sees them in order.</param>
    public RelayLoopGroup(bool inOrder)
    {
        int count = inOrder ? 1 : Math.Min(Environment.ProcessorCount, MostLoops);
        _loops = [.. Enumerable.Range(0, count).Select(_ => new RelayEventLoop())];
        Failed = Task.WhenAny(_loops.Select(l => l.Completion)).Unwrap();
    }

    /// <summary>Ends only when a loop does, with its error.</summary>
    public Task Failed { get; }

    public void Add(RelayLink link) => _loops.MinBy(l => l.Count)!.Add(link);

    public void Stop() => Array.ForEach(_loops, l => l.Stop());

    public void Dispose() => Array.ForEach(_loops, l => l.Dispose());
}
