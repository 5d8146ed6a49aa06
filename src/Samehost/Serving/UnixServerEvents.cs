using Samehost.Serving;

namespace Samehost;

/// <summary>Receives the events of a <see cref="UnixServer"/>; override what is of interest.</summary>
/// <remarks>
/// <para>Methods may block: no lock is held while they run, and other connections are served meanwhile. The events of a connection are
/// reported in order and hold up that connection alone; those of different connections come on several threads at once. A method
/// may wait for <see cref="UnixServer.StopAsync"/>, which waits at most a second for methods that are running.</para>
/// <para>What a method throws is reported to <see cref="EventHandlerFailed"/>.</para>
/// </remarks>
public abstract class UnixServerEvents
{
    /// <summary>Reports that a connection was accepted, before its handler runs.</summary>
    public virtual void ConnectionStarted(UnixServerConnection connection)
    {
    }

    /// <summary>Reports that a handler has ended, well or not, and that its connection is closed.</summary>
    public virtual void ConnectionEnded(UnixServerConnection connection)
    {
    }

    /// <summary>Reports what a handler threw. The connection is closed; nothing else is touched.</summary>
    /// <remarks>Not called for the cancellation of a stopping server, nor where the client has left and reading or writing its connection
    /// failed for that (EPIPE, ECONNRESET): that is an ordinary end.</remarks>
    public virtual void HandlerFailed(UnixServerConnection connection, Exception error)
    {
    }

    /// <summary>Reports a connection that was closed unserved, at most once a second.</summary>
    /// <remarks>It is called on the thread pool, one call at a time; when it is slow, the reports become fewer, and nothing else waits.
    /// <see cref="UnixServerRefusal.LeftOut"/> counts those that are not reported.</remarks>
    public virtual void ConnectionRefused(UnixServerRefusal refusal)
    {
    }

    /// <summary>Reports that accepting waits for descriptors or memory, at most once a second; it goes on when there is room.</summary>
    /// <remarks>It is called on the thread pool, one call at a time. The last few descriptors are left to the rest of the process, so
    /// EMFILE is reported a little before the kernel would.</remarks>
    public virtual void AcceptDelayed(UnixSocketException error)
    {
    }

    /// <summary>Reports what another of these methods threw.</summary>
    /// <remarks>By default a line is written to standard error, at most one a second.</remarks>
    /// <param name="eventName">The name of the method, such as <c>ConnectionEnded</c>.</param>
    /// <param name="error">What it threw.</param>
    public virtual void EventHandlerFailed(string eventName, Exception error) =>
        EventHandlerErrors.Report($"{nameof(UnixServerEvents)}.{eventName}", error);
}
