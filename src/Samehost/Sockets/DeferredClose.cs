namespace Samehost.Sockets;

/// <summary>
/// Closes what a peer has sent. close(2) may take as long as the peer likes: a TCP socket lingers (SO_LINGER), a file system of the peer's
/// is asked to flush. So it is never called with a lock held, nor where the event loop's leader cannot be replaced.
/// </summary>
internal sealed class DeferredClose : IThreadPoolWorkItem
{
    private readonly IDisposable _closing;

    private DeferredClose(IDisposable closing) => _closing = closing;

    /// <summary>Closes all on this thread.</summary>
    public static void Now(ref List<IDisposable>? all)
    {
        if (all is null)
            return;
        var closing = all;
        all = null;
        closing.ForEach(static c => c.Dispose());
    }

    /// <summary>Has each closed on a socket's event loop, as code that may block: no one of them waits for another.</summary>
    public static void OnLoop(SocketContext socket, ref List<IDisposable>? all)
    {
        if (all is null)
            return;
        foreach (var closing in all)
            socket.Post(new DeferredClose(closing));
        all = null;
    }

    void IThreadPoolWorkItem.Execute() => _closing.Dispose();
}
