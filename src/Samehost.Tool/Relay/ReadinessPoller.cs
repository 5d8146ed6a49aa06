using Samehost.Interop;

namespace Samehost.Tool.Relay;

/// <summary>Waits until links of an event loop are ready. Used by the loop's thread only.</summary>
internal interface IReadinessPoller
{
    void Add(RelayLink link);

    void Remove(RelayLink link);

    /// <summary>Returns true when there are events; waits for one, or for a signal, only if it <paramref name="block"/>.</summary>
    bool Wait(bool block);

    /// <summary>Gets the next link with an event and notes the event at its socket; a null link is the loop's wake-up.</summary>
    bool TryNext(out RelayLink? link);
}

/// <summary>
/// Waits with ppoll, for a few links. Their sockets are watched only while the loop block, so that small messages in quick succession cost
/// their sender nothing in addition.
/// </summary>
internal sealed class PpollPoller : IReadinessPoller
{
    /// <summary>The number of links above which epoll costs less than ppoll.</summary>
    public const int MaxLinks = 4;

    private readonly List<RelayLink> _links = new(MaxLinks);

    // Each link's client and server, then the loop's own descriptor; and the links at the time of the last wait.
    private readonly LibcPoll.PollFd[] _fds = new LibcPoll.PollFd[2 * MaxLinks + 1];
    private readonly RelayLink?[] _waited = new RelayLink?[MaxLinks + 1];
    private readonly LibcPoll.PollFd _wake;
    private int _next;
    private int _count;

    public PpollPoller(Descriptor wake) => _wake = new LibcPoll.PollFd { Fd = wake.Number, Events = LibcPoll.POLLIN };

    public void Add(RelayLink link) => _links.Add(link);

    public void Remove(RelayLink link) => _links.Remove(link);

    public bool Wait(bool block)
    {
        _next = _count = 0;
        for (var i = 0; i < _links.Count; i++)
        {
            var link = _waited[i] = _links[i];
            _fds[_count++] = CreateEntry(link.Client, link.ToServer, link.ToClient);
            _fds[_count++] = CreateEntry(link.Server, link.ToClient, link.ToServer);
        }
        _waited[_links.Count] = null;
        _fds[_count++] = _wake;
        if (LibcPoll.Wait(_fds.AsSpan(0, _count), block) > 0)
            return true;
        _count = 0;
        return false;
    }

    public bool TryNext(out RelayLink? link)
    {
        link = null;
        while (_next < _count)
        {
            var index = _next++;
            var events = _fds[index].Returned;
            link = _waited[index / 2];
            if (events == 0 || link is { IsFinished: true })
                continue;
            (index % 2 == 0 ? link?.Client : link?.Server)?.Update((ushort)events); // poll and epoll use the same bits
            return true;
        }
        return false;
    }

    /// <summary>Asks only for events that change a state, because ppoll reports them at each wait.</summary>
    private static LibcPoll.PollFd CreateEntry(RelaySocket end, RelayPump reading, RelayPump writing)
    {
        short events = 0;
        if (!end.HasEnded)
            events |= LibcPoll.POLLRDHUP;
        if (!end.IsReadable && !reading.IsFinished)
            events |= LibcPoll.POLLIN;
        if (!end.IsWritable && !writing.IsFinished)
            events |= LibcPoll.POLLOUT;
        return new LibcPoll.PollFd { Fd = end.IsSettled ? -1 : end.Socket.Number, Events = events };
    }
}

/// <summary>
/// Waits with edge-triggered epoll, for any number of links: each is registered once, and the cost of a wait does not grow with their
/// number. In return each message wakes epoll in its sender's call, even while the loop is awake.
/// </summary>
internal sealed class EpollPoller : IReadinessPoller, IDisposable
{
    private const ulong Waker = ulong.MaxValue;

    private readonly Descriptor _epoll;
    private readonly EpollBatch _batch = new(256);
    private readonly Dictionary<ulong, RelayLink> _links = [];
    private int _next;
    private int _count;

    public EpollPoller(Descriptor wake)
    {
        Check(LibcEpoll.Create(out var epoll), "epoll_create");
        _epoll = epoll!;
        Check(LibcEpoll.Add(_epoll, wake.Number, LibcEpoll.EPOLLIN, Waker), "epoll_ctl");
    }

    public void Add(RelayLink link)
    {
        var id = (ulong)link.Number;
        _links.Add(id, link);
        Check(LibcEpoll.Add(_epoll, link.Client.Socket.Number, RelaySocket.Interest, id << 1), "epoll_ctl");
        Check(LibcEpoll.Add(_epoll, link.Server.Socket.Number, RelaySocket.Interest, id << 1 | 1), "epoll_ctl");
    }

    public void Remove(RelayLink link)
    {
        _links.Remove((ulong)link.Number);
        _ = LibcEpoll.Remove(_epoll, link.Client.Socket.Number);
        _ = LibcEpoll.Remove(_epoll, link.Server.Socket.Number);
    }

    public bool Wait(bool block)
    {
        _next = 0;
        _count = Math.Max(LibcEpoll.Wait(_epoll, _batch, block ? -1 : 0), 0);
        return _count > 0;
    }

    public bool TryNext(out RelayLink? link)
    {
        link = null;
        while (_next < _count)
        {
            var data = _batch.Data(_next);
            var events = _batch.Events(_next++);
            if (data == Waker)
                return true;
            if (!_links.TryGetValue(data >> 1, out link))
                continue; // the link has ended since
            ((data & 1) == 0 ? link.Client : link.Server).Update(events);
            return true;
        }
        return false;
    }

    public void Dispose() => _epoll.Dispose();

    private static void Check(int result, string operation)
    {
        if (result < 0)
            throw new UnixSocketException((Errno)(-result), operation);
    }
}
