using System.Collections.Concurrent;
using System.Diagnostics;
using Samehost.Interop;
using Samehost.EventLoops;

namespace Samehost.Tool.Relays;

/// <summary>
/// One thread that moves the bytes of its links: a message costs one wait, one read and one write. It waits with poll while the links are
/// few and with epoll when they are many, and learns whether to look again for a moment before it sleeps (a wake-up costs more than a
/// small message).
/// </summary>
internal sealed class RelayLoop : IDisposable
{
    private readonly Descriptor _wake;
    private readonly LinkPoll _few;
    private readonly LinkEpoll _many;
    private readonly LoopResources _resources = new();
    private readonly ConcurrentQueue<Link> _arrivals = new();
    private readonly HashSet<Link> _links = [];
    private readonly Queue<Link> _again = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ILinkWait _wait;
    private SpinBudget _budget;
    private int _count;
    private volatile bool _stopping;

    public RelayLoop()
    {
        int result = LibcEventFd.Create(out var wake);
        if (result < 0)
            throw new UnixSocketException((Errno)(-result), "eventfd");
        _wake = wake!;
        _many = new LinkEpoll(_wake);
        _wait = _few = new LinkPoll(_wake);
        new Thread(Run) { Name = "relay", IsBackground = true }.Start();
    }

    /// <summary>Ends when the loop has stopped, with the error of whoever looked at the bytes.</summary>
    public Task Completion => _completion.Task;

    public int Count => Volatile.Read(ref _count);

    public void Add(Link link)
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
                var loop = (RelayLoop)state!;
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
        if (_wait == _few && _links.Count > LinkPoll.MostLinks)
            WaitWith(_many);
        else if (_wait == _many && _links.Count <= LinkPoll.MostLinks / 2)
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

    private void WaitWith(ILinkWait other)
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

    private void Serve(Link link)
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

    private void Remove(Link link, bool stopped)
    {
        _wait.Remove(link);
        Interlocked.Decrement(ref _count);
        link.Complete(_resources, stopped);
    }
}
