using System.Net.Sockets;
using System.Text;
using Samehost.Addresses;
using Samehost.Diagnostics.Explaining;
using Samehost.Inspection;

namespace Samehost.Diagnostics;

/// <summary>
/// Why connecting to an address, or binding it, works or fails: the path step by step, the socket at its end, and one verdict with its
/// errno, its reason and what to change.
/// </summary>
/// <remarks>
/// <para>It predicts, for any user, from what can be seen (path_resolution(7), unix(7)), and disturbs no server: its only calls on a socket
/// are those of <see cref="UnixExplainOptions.Probe"/>. For the calling user, sandboxes and most rules of security modules count, because
/// the call is rehearsed; for others they are not seen. Nor is what the server does with a client that it has accepted. The answer is about
/// one moment.</para>
/// <para>For another user than one's own, and to see the processes of others, it takes root. Where this process may not see what decides,
/// the verdict is <see cref="UnixOutcome.Unknown"/>.</para>
/// </remarks>
/// <example><code>
/// UnixVerdict verdict = UnixExplanation.ExplainConnect("/run/app.sock", new() { User = UnixUser.Parse("www-data") }).Verdict;
/// Console.WriteLine($"{verdict.Outcome} {verdict.ErrnoText}: {verdict.Reason} {verdict.Remedy}");
/// </code></example>
public sealed class UnixExplanation
{
    private readonly List<string> _notes = [];

    private UnixExplanation(ExplainedAddress address, string operation, UnixExplainOptions options)
    {
        Address = $"{address}";
        Operation = operation;
        SocketType = options.SocketType;
        User = options.User ?? UnixUser.Current;
        var scope = options.Probe ? ProbeScope.All : ProbeScope.All & ~ProbeScope.Probe;
        var isConnect = operation == "connect";
        using var explanation = isConnect
            ? Explanation.Connect(address, User.Credentials, (int)SocketType, scope)
            : Explanation.Bind(address, User.Credentials, (int)SocketType, scope);
        Verdict = new UnixVerdict(explanation.Verdict);
        if (explanation.Socket is { } socket)
        {
            Show(socket);
            _notes.AddRange(ExplanationNotes.OnSocket(socket));
        }
        _notes.AddRange(explanation.Notes);
        if (isConnect)
            _notes.AddRange(ExplanationNotes.OnPolicy(explanation.Socket, explanation.Verdict, User.Credentials));
        if (explanation.Walk is { } walk)
        {
            Walk = [.. walk.Steps.Select(step => new UnixPathStep(step))];
            _notes.AddRange(ExplanationNotes.OnPath(address, walk));
            _notes.AddRange(ExplanationNotes.OnOlderProcesses(walk, User.Credentials));
            if (isConnect)
                _notes.AddRange(ExplanationNotes.OnConnect(address, walk, explanation.Verdict));
        }
        else if (isConnect)
        {
            _notes.AddRange(ExplanationNotes.OnAbstractName(address, explanation.Socket!));
        }
        if (isConnect && Verdict.Errno == Errno.EACCES)
            LookPast(address, options.Probe);
    }

    /// <summary>The address in question, printable.</summary>
    public string Address { get; }

    /// <summary><c>connect</c> or <c>bind</c>.</summary>
    public string Operation { get; }

    /// <summary>The type of the socket that would make the call.</summary>
    public SocketType SocketType { get; }

    /// <summary>The user who would make the call.</summary>
    public UnixUser User { get; }

    /// <summary>The steps of the path; empty for an abstract name.</summary>
    public IReadOnlyList<UnixPathStep> Walk { get; } = [];

    /// <summary>The socket that is bound to the address, with its backlog and the processes that have it; null when there is none, or when
    /// it is in another network namespace, into which it takes root to look.</summary>
    public UnixSocketEntry? Socket { get; private set; }

    /// <summary>When the oldest of the socket's processes started; null when there is none to be seen.</summary>
    public DateTimeOffset? ServerStarted { get; private set; }

    /// <summary>The answer.</summary>
    public UnixVerdict Verdict { get; }

    /// <summary>Further facts, a sentence or two each: similar names, a server whose file was removed, other namespaces.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Explains what connecting to an address comes to.</summary>
    /// <param name="address">An address for <see cref="UnixEndPoint.Parse(string)"/>, or a path that is relative, too long, or ends in a
    /// slash.</param>
    /// <param name="options">The user, and the type of the socket.</param>
    /// <exception cref="FormatException">It is no address at all, such as an empty text.</exception>
    public static UnixExplanation ExplainConnect(string address, UnixExplainOptions? options = null) =>
        Explain(Read(address), "connect", options);

    /// <inheritdoc cref="ExplainConnect(string, UnixExplainOptions?)"/>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">The user, and the type of the socket.</param>
    public static UnixExplanation ExplainConnect(UnixEndPoint endPoint, UnixExplainOptions? options = null) =>
        Explain(Read(endPoint), "connect", options);

    /// <summary>Explains what binding a socket to an address with this library comes to: only a stale file is replaced.</summary>
    /// <remarks>Where bind(2) alone would come to something else, <see cref="Notes"/> says so.</remarks>
    /// <inheritdoc cref="ExplainConnect(string, UnixExplainOptions?)"/>
    public static UnixExplanation ExplainBind(string address, UnixExplainOptions? options = null) =>
        Explain(Read(address), "bind", options);

    /// <inheritdoc cref="ExplainBind(string, UnixExplainOptions?)"/>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">The user, and the type of the socket.</param>
    public static UnixExplanation ExplainBind(UnixEndPoint endPoint, UnixExplainOptions? options = null) =>
        Explain(Read(endPoint), "bind", options);

    private static UnixExplanation Explain(ExplainedAddress address, string operation, UnixExplainOptions? options) =>
        new(address, operation, options ?? new UnixExplainOptions());

    /// <summary>Where the user may not get past a step, reports what this process sees behind it.</summary>
    private void LookPast(ExplainedAddress address, bool probe)
    {
        var current = UnixUser.Current;
        if (User.Credentials.IsSameAs(current.Credentials))
            return;
        var asCurrent = new UnixExplainOptions { SocketType = SocketType, User = current, Probe = probe };
        var own = Explain(address, "connect", asCurrent);
        if (own.Verdict.Errno == Errno.EACCES)
            return;
        (Socket, ServerStarted) = (own.Socket, own.ServerStarted);
        _notes.Add(own.Verdict.Outcome == UnixOutcome.Fails
            ? $"Past that it would fail with {own.Verdict.ErrnoText}: {own.Verdict.Reason}"
            : $"Past that: {own.Verdict.Reason}");
    }

    private void Show(SocketProbeResult probe)
    {
        if (probe is not { Entry: { } entry, TableOfEntry: { } table })
            return;
        Socket = new UnixSocketTable(table).Find(entry);
        ServerStarted = SocketProcess.EarliestStart(entry.Processes);
    }

    /// <summary>Reads an address, or a path that is relative, too long, or ends in a slash.</summary>
    private static ExplainedAddress Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text, "address");
        var problem = UnixEndPointText.Split(Encoding.UTF8.GetBytes(text), out var isAbstract, out var name);
        if (UnixEndPoint.TryParse(text, out var endPoint))
            return Read(endPoint) with { IsRelative = !isAbstract && !name.StartsWith("/"u8) };
        if (problem is not null || name.IsEmpty || name.Contains((byte)0))
            _ = UnixEndPoint.Parse(text); // throws with the reason
        return new ExplainedAddress(isAbstract, name.ToArray());
    }

    private static ExplainedAddress Read(UnixEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return endPoint.Kind is UnixEndPointKind.Pathname or UnixEndPointKind.Abstract
            ? new ExplainedAddress(endPoint.Kind == UnixEndPointKind.Abstract, endPoint.NameBytes.ToArray())
            : throw new ArgumentException($"{endPoint} leads nowhere: give a path or an abstract name.", nameof(endPoint));
    }
}

/// <summary>Options of <see cref="UnixExplanation"/>; they are copied when an explanation is made.</summary>
public sealed class UnixExplainOptions
{
    /// <summary>The type of the socket that would make the call: stream (the default), dgram or seqpacket.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Local sockets have no such type.</exception>
    public SocketType SocketType
    {
        get;
        set => field = value is SocketType.Stream or SocketType.Dgram or SocketType.Seqpacket
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A local socket is of type Stream, Dgram or Seqpacket.");
    } = SocketType.Stream;

    /// <summary>The user who would make the call; null, the default, for the user of the calling thread.</summary>
    public UnixUser? User { get; set; }

    /// <summary>
    /// Whether a socket file may be probed for a socket that is bound to it; true by default. The probe is a connect(2) of a datagram
    /// socket, of which a server receives nothing. For the calling user, connect(2) is rehearsed besides, on a socket that is connected
    /// already, which the kernel refuses with EISCONN after all other checks. Without it, a socket in another network namespace, which only
    /// root can look into, can be taken for a stale file.
    /// </summary>
    public bool Probe { get; set; } = true;
}
