using Samehost.Interop;

namespace Samehost.Tool.Relay;

/// <summary>How a loop learns which of its links may move something. Used by the loop's thread alone.</summary>
internal interface IReadinessPoller
{
    void Add(RelayLink link);

    void Remove(RelayLink link);

    /// <summary>True when there is something to tell; waits for it, or for a signal, only if it <paramref name="sleeps"/>.</summary>
    bool Wait(bool sleeps);

    /// <summary>Tells the next link to which something has happened, and its end what; no link is the loop's own wake-up.</summary>
    bool TryNext(out RelayLink? link);
}

/// <summary>
/// ppoll, for a few links. It watches the sockets only while the loop sleeps, so that small messages in quick succession cost their sender
/// nothing beyond the sending.
/// </summary>
internal sealed class PpollPoller : IReadinessPoller
{
    /// <summary>A wait looks at every link: with more of them it costs more than epoll does.</summary>
    public const int MostLinks = 4;

    private readonly List<RelayLink> _links = new(MostLinks);

    // Each link's client and server, and last the loop's own descriptor; the links as they were at the last wait.
    private readonly LibcPoll.PollFd[] _fds = new LibcPoll.PollFd[2 * MostLinks + 1];
    private readonly RelayLink?[] _waited = new RelayLink?[MostLinks + 1];
    private readonly LibcPoll.PollFd _wake;
    private int _next;
    private int _count;

    public PpollPoller(Descriptor wake) => _wake = new LibcPoll.PollFd { Fd = wake.Number, Events = LibcPoll.POLLIN };

    public void Add(RelayLink link) => _links.Add(link);

    public void Remove(RelayLink link) => _links.Remove(link);

    public bool Wait(bool sleeps)
    {
        _next = _count = 0;
        for (int i = 0; i < _links.Count; i++)
        {
            var link = _waited[i] = _links[i];
            _fds[_count++] = Question(link.Client, link.ToServer, link.ToClient);
            _fds[_count++] = Question(link.Server, link.ToClient, link.ToServer);
        }
        _waited[_links.Count] = null;
        _fds[_count++] = _wake;
        if (LibcPoll.Wait(_fds.AsSpan(0, _count), sleeps) > 0)
            return true;
        _count = 0;
        return false;
    }

    public bool TryNext(out RelayLink? link)
    {
        link = null;
        while (_next < _count)
        {
            int index = _next++;
            short events = _fds[index].Returned;
            link = _waited[index / 2];
            if (events == 0 || link is { IsFinished: true })
                continue;
            (index % 2 == 0 ? link?.Client : link?.Server)?.Note((ushort)events); // poll's bits are epoll's
            return true;
        }
        return false;
    }

    /// <summary>Only what would change something is asked for, because it is told again at each wait.</summary>
    private static LibcPoll.PollFd Question(RelaySocket end, RelayPump reading, RelayPump writing)
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
/// epoll, edge-triggered, for any number of links: each is registered once, and what a wait costs does not grow with their number. A
/// message then costs its sender a call into epoll, even while the loop is awake.
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
        ulong id = (ulong)link.Number;
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

    public bool Wait(bool sleeps)
    {
        _next = 0;
        _count = Math.Max(LibcEpoll.Wait(_epoll, _batch, sleeps ? -1 : 0), 0);
        return _count > 0;
    }

    public bool TryNext(out RelayLink? link)
    {
        link = null;
        while (_next < _count)
        {
            ulong data = _batch.Data(_next);
            uint events = _batch.Events(_next++);
            if (data == Waker)
                return true;
            if (!_links.TryGetValue(data >> 1, out link))
                continue; // it has ended since
            ((data & 1) == 0 ? link.Client : link.Server).Note(events);
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
