namespace Samehost;

/// <summary>
/// Hears what happens in a <see cref="UnixServer"/>; override what is of interest. Methods are called on the server's threads, several at
/// once, and should be quick. What they throw is ignored.
/// </summary>
public abstract class UnixServerEvents
{
    /// <summary>A connection was accepted and its handler is about to run.</summary>
    public virtual void ConnectionStarted(UnixStream connection)
    {
    }

    /// <summary>A handler has ended, well or not, and its connection is closed.</summary>
    public virtual void ConnectionEnded(UnixStream connection)
    {
    }

    /// <summary>
    /// A handler threw. The connection is closed; nothing else is touched. Not called for the cancellation of a stopping server.
    /// </summary>
    public virtual void HandlerFailed(UnixStream connection, Exception error)
    {
    }

    /// <summary>A connection was closed unserved.</summary>
    /// <param name="userId">Whose it was.</param>
    /// <param name="reason">Why, in a sentence.</param>
    public virtual void ConnectionRefused(uint userId, string reason)
    {
    }

    /// <summary>
    /// Accepting waits for want of descriptors or memory; it goes on when there is room. Called at most once a second. The last few
    /// descriptors are left to the rest of the process, so EMFILE is told a little before the kernel would say it.
    /// </summary>
    public virtual void AcceptDelayed(UnixSocketException error)
    {
    }
}
