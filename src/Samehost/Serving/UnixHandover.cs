using Samehost.Serving;

namespace Samehost;

/// <summary>Hands a running server over from its process, the predecessor, to another process, the successor.</summary>
/// <remarks>
/// <para>The predecessor offers its listening socket and, if wanted, its connections at a control address; the successor accepts the
/// offer. No connect is refused meanwhile, because the listening socket is never closed.</para>
/// <para>A successor that crashes, does not answer or gives up before it has completed the handover changes nothing: the predecessor
/// continues to serve.</para>
/// <para>Connections that were accepted before the handover are still served by the predecessor, whose handlers' token is canceled, for
/// up to
/// <see cref="UnixServerOptions.DrainTimeout"/>. A handler that has not answered yet should not end when its token is canceled.</para>
/// </remarks>
/// <example><code>
/// // the predecessor
/// await using var server = UnixServer.Start(address, Serve);
/// await using var offer = UnixHandover.Offer(controlAddress, server);
/// await offer.Completion; // the successor serves now, and our last handler has ended
/// // the successor
/// await using var handover = await UnixHandover.AcceptAsync(controlAddress);
/// await using var server = UnixServer.Start(handover.Listener!, Serve);
/// await handover.CompleteAsync();
/// </code></example>
public static class UnixHandover
{
    /// <summary>Offers a server to successors.</summary>
    /// <param name="control">A path that is used for the handover only, with mode 0600 and
    /// <see cref="UnixHandoverOptions.SuccessorPolicy"/>.</param>
    /// <param name="server">The server to hand over.</param>
    /// <param name="options">The policy for successors, and the connections to hand over.</param>
    /// <exception cref="UnixSocketException">As <see cref="UnixListener.Listen"/>.</exception>
    public static UnixHandoverOffer Offer(UnixEndPoint control, UnixServer server, UnixHandoverOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        return UnixHandoverOffer.Start(control, server, options?.Copy() ?? new());
    }

    /// <summary>Accepts the offer of a predecessor.</summary>
    /// <remarks>Cancel safe: the predecessor continues to serve.</remarks>
    /// <param name="control">The address of the offer.</param>
    /// <param name="options">The policy and the backlog of the listener from now on, and whether descriptors are accepted; use those of a
    /// listener of your own. The socket file remains as it is.</param>
    /// <param name="predecessorPolicy">The policy for the predecessor; the same user and root if null.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="UnixSocketException">ENOENT or ECONNREFUSED: there is no offer. EACCES: the policy does not allow the predecessor.
    /// ECONNRESET or EPIPE: it has disconnected. EMFILE: there is no descriptor for its socket.</exception>
    /// <exception cref="IOException">The predecessor refuses, has disconnected, or does not use the protocol.</exception>
    /// <exception cref="ArgumentException">The address of the server is an abstract name, and the options have no policy.</exception>
    public static Task<UnixAcceptedHandover> AcceptAsync(
        UnixEndPoint control, UnixListenerOptions? options = null, PeerPolicy? predecessorPolicy = null,
        CancellationToken cancellationToken = default) =>
        UnixAcceptedHandover.ConnectAsync(control, options, predecessorPolicy ?? PeerPolicy.SelfAndRoot, cancellationToken);
}

/// <summary>Specifies how a server is handed over.</summary>
/// <remarks>An offer copies the options: a later change does not affect it.</remarks>
public sealed class UnixHandoverOptions
{
    /// <summary>Gets or sets the policy for successors; the same user and root by default. Do not allow users that may not stop the
    /// server.</summary>
    public PeerPolicy SuccessorPolicy
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = PeerPolicy.SelfAndRoot;

    /// <summary>Gets or sets the time that a successor has to become ready after it has received the listening socket; 30 seconds by
    /// default.</summary>
    /// <remarks>The server continues to serve meanwhile and after a timeout. The other steps, in which the successor only has to answer,
    /// have at most 5 seconds each.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero, negative, or longer than a day.</exception>
    public TimeSpan StepTimeout
    {
        get;
        set => field = value > TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The time for a step is more than zero and at most a day.");
    } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets the callback that returns the connections to hand over; it is called when a successor is ready and the
    /// server has paused accepting. If null, which is the default, all connections remain until their handlers have ended.</summary>
    /// <remarks>
    /// <para>The handlers of those connections must have stopped reading and writing, and must not end before the connection is closed or
    /// has come back through <see cref="RestoreConnections"/>, because a handler that ends closes its connection. The connection is closed
    /// when the successor has completed the handover; the server then stops, so the handlers' token is canceled.</para>
    /// <para>A handler of a connection that has just been accepted may not have started: wait for as many as
    /// <see cref="UnixServer.ConnectionCount"/>. The callback's token is canceled after <see cref="StepTimeout"/>.</para>
    /// </remarks>
    public Func<CancellationToken, Task<IReadOnlyList<UnixHandoverConnection>>>? OfferConnections { get; set; }

    /// <summary>Gets or sets the callback that takes the connections back if the handover fails after <see cref="OfferConnections"/> was
    /// called; with an empty list if that threw.</summary>
    public Action<IReadOnlyList<UnixHandoverConnection>>? RestoreConnections { get; set; }

    /// <summary>Gets or sets the callback that receives the exception of each handover that failed, on the thread pool.</summary>
    /// <remarks>It may block. Its exceptions are reported on standard error.</remarks>
    public Action<Exception>? OnFailed { get; set; }

    internal UnixHandoverOptions Copy() => (UnixHandoverOptions)MemberwiseClone();
}

/// <summary>Represents an open connection that is handed over, with the state that the successor needs to continue serving it.</summary>
public sealed class UnixHandoverConnection
{
    /// <summary>Initializes a connection.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="state">The application state of the connection, up to 64 KiB.</param>
    /// <exception cref="ArgumentOutOfRangeException">The state is longer than 64 KiB.</exception>
    public UnixHandoverConnection(UnixStream stream, ReadOnlyMemory<byte> state)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(state.Length, HandoverProtocol.MaxState, nameof(state));
        Stream = stream;
        State = state;
    }

    /// <summary>Gets the connection.</summary>
    /// <remarks>The predecessor may not read or write it unless it gets it back. <see cref="UnixStream.AcceptDescriptors"/> is false in
    /// the process that continues with it: set it again if descriptors are wanted.</remarks>
    public UnixStream Stream { get; }

    /// <summary>Gets the application state of the connection, in a form that both processes understand; it includes bytes that were read
    /// and not used.</summary>
    public ReadOnlyMemory<byte> State { get; }
}
