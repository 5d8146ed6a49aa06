using Samehost.Interop;

namespace Samehost.Tool.Relays;

/// <summary>
/// epoll, edge-triggered, for any number of links: each is registered once, and what a wait costs does not grow with their number. A
/// message then costs its sender a call into epoll, even while the loop is awake.
/// </summary>
internal sealed class LinkEpoll : ILinkWait, IDisposable
{
    private const ulong Waker = ulong.MaxValue;

    private readonly Descriptor _epoll;
    private readonly EpollBatch _batch = new(256);
    private readonly Dictionary<ulong, Link> _links = [];
    private int _next;
    private int _count;

    public LinkEpoll(Descriptor wake)
    {
        Check(LibcEpoll.Create(out var epoll), "epoll_create");
        _epoll = epoll!;
        Check(LibcEpoll.Add(_epoll, wake.Number, LibcEpoll.EPOLLIN, Waker), "epoll_ctl");
    }

    public void Add(Link link)
    {
        ulong id = (ulong)link.Number;
        _links.Add(id, link);
        Check(LibcEpoll.Add(_epoll, link.Client.Socket.Number, RelayEnd.Interest, id << 1), "epoll_ctl");
        Check(LibcEpoll.Add(_epoll, link.Server.Socket.Number, RelayEnd.Interest, id << 1 | 1), "epoll_ctl");
    }

    public void Remove(Link link)
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

    public bool TryNext(out Link? link)
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
