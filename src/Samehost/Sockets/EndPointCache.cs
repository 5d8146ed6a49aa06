namespace Samehost.Sockets;

/// <summary>Remembers the last sender, so that a conversation with one peer does not make an address object for each datagram.</summary>
internal sealed class EndPointCache
{
    private UnixEndPoint _last = UnixEndPoint.Unnamed;
    private byte[] _lastBytes = [];

    public UnixEndPoint Find(ReadOnlySpan<byte> sockaddr)
    {
        if (sockaddr.Length <= sizeof(ushort))
            return UnixEndPoint.Unnamed;
        lock (this)
        {
            if (!sockaddr.SequenceEqual(_lastBytes))
            {
                _last = UnixEndPoint.FromSockAddr(sockaddr);
                _lastBytes = sockaddr.ToArray();
            }

            return _last;
        }
    }
}
