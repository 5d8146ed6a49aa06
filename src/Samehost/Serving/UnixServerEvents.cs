using System.Globalization;
using Samehost.Serving;
using Samehost.Sockets;

namespace Samehost;

/// <summary>Receives the events of a <see cref="UnixServer"/>; override the methods for those of interest.</summary>
/// <remarks>
/// <para>Methods may block: no lock is held while they run, and other connections are served meanwhile. The events of a connection are
/// reported in order and delay that connection only; those of different connections are reported on several threads at once. A method may
/// wait for <see cref="UnixServer.StopAsync(CancellationToken)"/>, which waits at most a second for methods that are running.</para>
/// <para>An exception that a method throws is reported to <see cref="EventHandlerFailed"/>.</para>
/// </remarks>
public abstract class UnixServerEvents
{
    /// <summary>Reports that a connection was accepted, before its handler runs.</summary>
    public virtual void ConnectionStarted(UnixServerConnection connection)
    {
    }

    /// <summary>Reports that a handler has ended, with or without an exception, and that its connection is closed.</summary>
    public virtual void ConnectionEnded(UnixServerConnection connection)
    {
    }

    /// <summary>Reports an exception that a handler has thrown. Its connection is closed; others are not affected.</summary>
    /// <remarks>It is not called for a cancellation while the server is stopping, nor if the client has closed the connection and reading
    /// or writing it failed for that reason (EPIPE, ECONNRESET).</remarks>
    public virtual void HandlerFailed(UnixServerConnection connection, Exception error)
    {
    }

    /// <summary>Reports a connection that was closed without being served, at most once a second.</summary>
    /// <remarks>It is called on the thread pool, one call at a time; if it is slow, fewer refusals are reported, and nothing else waits.
    /// <see cref="UnixServerRefusal.UnreportedCount"/> counts those that were not reported.</remarks>
    public virtual void ConnectionRefused(UnixServerRefusal refusal)
    {
    }

    /// <summary>Reports that accepting waits for descriptors or memory, at most once a second.</summary>
    /// <remarks>It is called on the thread pool, one call at a time. The last few descriptors are reserved for the rest of the process,
    /// so EMFILE is reported a little earlier than by the kernel.</remarks>
    public virtual void AcceptDelayed(UnixSocketException error)
    {
    }

    /// <summary>Reports an exception that another of these methods has thrown.</summary>
    /// <remarks>The default implementation writes a line to standard error, at most one a second.</remarks>
    /// <param name="eventName">The name of the method, such as <c>ConnectionEnded</c>.</param>
    /// <param name="error">The exception.</param>
    public virtual void EventHandlerFailed(string eventName, Exception error) =>
        EventHandlerErrors.Report($"{nameof(UnixServerEvents)}.{eventName}", error);
}

/// <summary>Represents a connection that a <see cref="UnixServer"/> serves, in its events.</summary>
public sealed class UnixServerConnection
{
    private readonly SocketContext _context;

    internal UnixServerConnection(SocketContext context, IDisposable socket)
    {
        _context = context;
        Stream = socket as UnixStream;
        Seqpacket = socket as UnixSeqpacket;
    }

    /// <summary>Gets the stream that the handler serves, or null if the server serves seqpacket connections.</summary>
    public UnixStream? Stream { get; }

    /// <summary>Gets the seqpacket connection that the handler serves, or null if the server serves streams.</summary>
    public UnixSeqpacket? Seqpacket { get; }

    /// <summary>Gets the number of the client's user.</summary>
    public uint UserId => Peer.UserId;

    /// <summary>Gets the credentials of the client, which are read when it is accepted (SO_PEERCRED, unix(7)).</summary>
    public PeerCredentials Peer => _context.PeerCredentials;
}

/// <summary>Describes a connection that a <see cref="UnixServer"/> closed without serving it.</summary>
public sealed class UnixServerRefusal
{
    private readonly int? _limit;

    /// <param name="peer">The client; null if the kernel does not report it.</param>
    /// <param name="limit">The limit of connections per user, if that was the reason.</param>
    internal UnixServerRefusal(PeerCredentials? peer, int? limit = null)
    {
        Peer = peer;
        _limit = limit;
    }

    /// <summary>Gets the credentials of the client, or null if the kernel does not report them.</summary>
    public PeerCredentials? Peer { get; }

    /// <summary>Gets the number of the client's user; <see cref="uint.MaxValue"/> if the kernel does not report it.</summary>
    public uint UserId => Peer?.UserId ?? uint.MaxValue;

    /// <summary>Gets the reason, in a sentence without a period.</summary>
    /// <remarks>The first call looks up the name of the user, which may ask a directory service over the network
    /// (nsswitch.conf(5)).</remarks>
    public string Reason => field ??= Describe();

    /// <summary>Gets the number of refusals since the previous report that were not reported.</summary>
    public long UnreportedCount { get; internal set; }

    /// <summary>Returns a line for logs: the reason, and the number of unreported refusals.</summary>
    public override string ToString() => UnreportedCount == 0
        ? Reason
        : string.Create(CultureInfo.InvariantCulture, $"{Reason} ({UnreportedCount} more since the last report)");

    private string Describe() => (Peer, _limit) switch
    {
        (null, _) => "its user is unknown",
        (_, 1) => string.Create(CultureInfo.InvariantCulture, $"user {UserId} has 1 connection already"),
        (_, { } limit) => string.Create(CultureInfo.InvariantCulture, $"user {UserId} has {limit} connections already"),
        _ => $"{Peer} is not allowed by the policy",
    };
}
