using System.Collections.Concurrent;
using System.Diagnostics;
using Samehost.Interop;
using Samehost.Reactor;

namespace Samehost.Tool.Relays;

/// <summary>
/// One thread that moves the bytes of many links: it waits with epoll, edge-triggered, so that a message costs one wait, one read and one
/// write. It learns whether to look again for a moment before it sleeps (a wake-up costs more than a small message).
/// </summary>
internal sealed class RelayLoop : IDisposable
{
    private const ulong Waker = ulong.MaxValue;

    private readonly Descriptor _epoll;
    private readonly Descriptor _wake;
    private readonly EpollBatch _batch = new();
    private readonly LoopResources _resources = new();
    private readonly ConcurrentQueue<Link> _arrivals = new();
    private readonly Dictionary<ulong, Link> _links = [];
    private readonly Queue<(ulong Id, Link Link)> _again = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PollBudget _budget;
    private ulong _lastId;
    private int _count;
    private volatile bool _stopping;

    public RelayLoop()
    {
        Check(LibcEpoll.Create(out var epoll), "epoll_create");
        Check(LibcEventFd.Create(out var wake), "eventfd");
        (_epoll, _wake) = (epoll!, wake!);
        Check(LibcEpoll.Add(_epoll, _wake.Number, LibcEpoll.EPOLLIN, Waker), "epoll_ctl");
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
                loop._epoll.Dispose();
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
        foreach (var (id, link) in _links)
            Remove(id, link, stopped: true);
        while (_arrivals.TryDequeue(out var link))
            link.Complete(_resources, stopped: true);
        if (problem is null)
            _completion.TrySetResult();
        else
            _completion.TrySetException(problem);
    }

    private void Turn()
    {
        int count = Wait();
        for (int i = 0; i < count; i++)
        {
            ulong data = _batch.Data(i);
            if (data == Waker)
                Welcome();
            else if (_links.TryGetValue(data >> 1, out var link))
                Serve(data >> 1, link, (data & 1) == 0 ? link.Client : link.Server, _batch.Events(i));
        }
        for (int left = _again.Count; left > 0; left--)
        {
            var (id, link) = _again.Dequeue();
            link.IsQueued = false;
            if (_links.ContainsKey(id))
                Serve(id, link, null, 0);
        }
    }

    private int Wait()
    {
        int count = LibcEpoll.Wait(_epoll, _batch, 0);
        if (count != 0 || _again.Count > 0)
            return Math.Max(count, 0);
        long start = Stopwatch.GetTimestamp();
        long budget = _links.Count > 0 ? _budget.Budget : 0;
        while (budget > 0 && Stopwatch.GetTimestamp() - start < budget)
        {
            LibcSched.Yield();
            if ((count = LibcEpoll.Wait(_epoll, _batch, 0)) > 0)
            {
                _budget.Succeeded();
                return count;
            }
        }
        count = LibcEpoll.Wait(_epoll, _batch, -1);
        _budget.Slept(Stopwatch.GetTimestamp() - start);
        return Math.Max(count, 0); // a signal came
    }

    private void Serve(ulong id, Link link, RelayEnd? end, uint events)
    {
        end?.Note(events);
        bool more = link.Move(_resources);
        if (link.IsFinished)
        {
            _links.Remove(id);
            Remove(id, link, stopped: false);
        }
        else if (more && !link.IsQueued)
        {
            link.IsQueued = true;
            _again.Enqueue((id, link));
        }
    }

    private void Welcome()
    {
        LibcEventFd.Clear(_wake);
        while (_arrivals.TryDequeue(out var link))
        {
            ulong id = ++_lastId;
            Check(LibcEpoll.Add(_epoll, link.Client.Socket.Number, RelayEnd.Interest, id << 1), "epoll_ctl");
            Check(LibcEpoll.Add(_epoll, link.Server.Socket.Number, RelayEnd.Interest, id << 1 | 1), "epoll_ctl");
            _links.Add(id, link);
            Serve(id, link, null, 0);
        }
    }

    private void Remove(ulong id, Link link, bool stopped)
    {
        _ = id;
        _ = LibcEpoll.Remove(_epoll, link.Client.Socket.Number);
        _ = LibcEpoll.Remove(_epoll, link.Server.Socket.Number);
        Interlocked.Decrement(ref _count);
        link.Complete(_resources, stopped);
    }

    private static void Check(int result, string operation)
    {
        if (result < 0)
            throw new UnixSocketException((Errno)(-result), operation);
    }
}
