namespace Samehost.AspNetCore.Transport;

/// <content>The end of what arrives, which is not the end of the connection.</content>
internal sealed partial class SocketReader
{
    private bool _halfClosed;

    /// <summary>True once the client has ended its sending direction, and until it has closed its socket as well.</summary>
    public bool IsHalfClosed => Volatile.Read(ref _halfClosed);

    /// <summary>
    /// Reads ahead for a consumer that keeps its thread to itself. After the end of what arrives no read reports that the client has closed
    /// its socket; this does.
    /// </summary>
    public void Watch()
    {
        if (!IsHalfClosed)
        {
            Deliver();
        }
        else if (IsClosedByPeer())
        {
            Volatile.Write(ref _halfClosed, false);
            _connection.HasEnded();
        }
    }

    private bool IsClosedByPeer()
    {
        try
        {
            return _stream.IsPeerClosed;
        }
        catch (ObjectDisposedException)
        {
            return true; // by this side: nothing is left to wait for
        }
    }
}
