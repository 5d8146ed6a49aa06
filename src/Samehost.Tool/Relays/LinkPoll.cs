using Samehost.Interop;

namespace Samehost.Tool.Relays;

/// <summary>
/// ppoll, for a few links. It watches the sockets only while the loop sleeps, so that small messages in quick succession cost their sender
/// nothing beyond the sending.
/// </summary>
internal sealed class LinkPoll : ILinkWait
{
    /// <summary>A wait looks at every link: with more of them it costs more than epoll does.</summary>
    public const int MostLinks = 4;

    private readonly List<Link> _links = new(MostLinks);

    // Each link's client and server, and last the loop's own descriptor; the links as they were at the last wait.
    private readonly LibcPoll.PollFd[] _fds = new LibcPoll.PollFd[2 * MostLinks + 1];
    private readonly Link?[] _waited = new Link?[MostLinks + 1];
    private readonly LibcPoll.PollFd _wake;
    private int _next;
    private int _count;

    public LinkPoll(Descriptor wake) => _wake = new LibcPoll.PollFd { Fd = wake.Number, Events = LibcPoll.POLLIN };

    public void Add(Link link) => _links.Add(link);

    public void Remove(Link link) => _links.Remove(link);

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

    public bool TryNext(out Link? link)
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
    private static LibcPoll.PollFd Question(RelayEnd end, Flow reading, Flow writing)
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
