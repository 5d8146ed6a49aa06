using System.Net.Sockets;
using Samehost.Diagnostics.Explaining;

namespace Samehost.Diagnostics;

/// <summary>
/// Why connecting to an address, or binding it, works or fails: the way that the path leads step by step, the socket that is there, and one
/// verdict with its errno, its reason and what to change.
/// </summary>
/// <remarks>
/// <para>It predicts, for any user, from what can be seen (path_resolution(7), unix(7)), and disturbs nobody: its only call on a socket is
/// the probe of <see cref="UnixExplainOptions.Probe"/>. What is not seen is what security modules decide, and what the server thinks of a
/// client that it has accepted. The answer is about one moment.</para>
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

    private UnixExplanation(ExplainedAddress address, string operation, UnixExplainOptions? options)
    {
        options ??= new UnixExplainOptions();
        Address = $"{address}";
        Operation = operation;
        SocketType = options.SocketType;
        User = options.User ?? UnixUser.Current;
        Verdict = null!; // by whoever makes it
    }

    /// <summary>The address in question, printable.</summary>
    public string Address { get; }

    /// <summary><c>connect</c> or <c>bind</c>.</summary>
    public string Operation { get; }

    /// <summary>The kind of socket that would make the call.</summary>
    public SocketType SocketType { get; }

    /// <summary>Who would make the call.</summary>
    public UnixUser User { get; }

    /// <summary>The way that the path leads; empty for an abstract name.</summary>
    public IReadOnlyList<UnixPathStep> Walk { get; private set; } = [];

    /// <summary>The socket that is bound to the address, with its backlog and the processes that have it; null when there is none, or when
    /// it is in another network namespace, into which it takes root to look.</summary>
    public UnixSocketEntry? Socket { get; private set; }

    /// <summary>When the oldest of the socket's processes started; null when there is none to be seen.</summary>
    public DateTimeOffset? ServerStarted { get; private set; }

    /// <summary>The answer.</summary>
    public UnixVerdict Verdict { get; private set; }

    /// <summary>What else is worth knowing, a sentence or two each: similar names, a server whose file is gone, other namespaces.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Explains what connecting to an address comes to.</summary>
    /// <param name="address">As <see cref="UnixEndPoint.Parse(string)"/> reads it; paths may also be relative, too long, or end in a slash.</param>
    /// <param name="options">For whom, and with which kind of socket.</param>
    /// <exception cref="FormatException">It is no address at all, such as an empty text.</exception>
    public static UnixExplanation ExplainConnect(string address, UnixExplainOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Connect(ExplainedAddress.Read(address), options);
    }

    /// <inheritdoc cref="ExplainConnect(string, UnixExplainOptions?)"/>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">For whom, and with which kind of socket.</param>
    public static UnixExplanation ExplainConnect(UnixEndPoint endPoint, UnixExplainOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return Connect(ExplainedAddress.Of(endPoint), options);
    }

    /// <summary>Explains what binding a socket to an address with this library comes to: only a stale file is replaced.</summary>
    /// <remarks>Where bind(2) alone would come to something else, <see cref="Notes"/> says so.</remarks>
    /// <inheritdoc cref="ExplainConnect(string, UnixExplainOptions?)"/>
    public static UnixExplanation ExplainBind(string address, UnixExplainOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Bind(ExplainedAddress.Read(address), options);
    }

    /// <inheritdoc cref="ExplainBind(string, UnixExplainOptions?)"/>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="options">For whom, and with which kind of socket.</param>
    public static UnixExplanation ExplainBind(UnixEndPoint endPoint, UnixExplainOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return Bind(ExplainedAddress.Of(endPoint), options);
    }

    private static UnixExplanation Connect(ExplainedAddress address, UnixExplainOptions? options)
    {
        var made = new UnixExplanation(address, "connect", options);
        if (address.IsAbstract)
        {
            SocketProbeResult look = SocketProbeResult.AtName(address.Name, made.SocketType);
            made.Show(look);
            made.Verdict = AddressVerdict.TooLong(address) ?? AbstractVerdict.Connect(address, made.SocketType, look);
            made._notes.AddRange(AbstractVerdict.Notes(address, look));
            return made;
        }
        using PathWalk walk = PathWalk.ToTarget(address.Name, made.User);
        UnixVerdict verdict = ConnectVerdict.Of(walk, made.User, made.Looker(address, options), made.SocketType);
        made.Walk = walk.Steps;
        made.Verdict = AddressVerdict.TooLong(address) ?? verdict;
        made._notes.AddRange(ConnectNotes.For(walk, made.Verdict, address));
        if (made.Verdict.Errno == Errno.EACCES)
            made.LookPast(address, options);
        return made;
    }

    private static UnixExplanation Bind(ExplainedAddress address, UnixExplainOptions? options)
    {
        var made = new UnixExplanation(address, "bind", options);
        if (address.IsAbstract)
        {
            SocketProbeResult look = SocketProbeResult.AtName(address.Name, made.SocketType);
            made.Show(look);
            made.Verdict = AddressVerdict.TooLong(address) ?? AbstractVerdict.Bind(address, made.SocketType, look);
            return made;
        }
        using PathWalk walk = PathWalk.ToPlace(address.Name, made.User);
        UnixVerdict verdict = BindVerdict.Of(walk, address.Name, made.User, made.Looker(address, options), made._notes);
        made.Walk = walk.Steps;
        made.Verdict = AddressVerdict.TooLong(address) ?? verdict;
        made._notes.AddRange(AddressVerdict.Notes(address, walk));
        return made;
    }

    /// <summary>Where another user comes to a closed door, says what is behind it, if we come further.</summary>
    private void LookPast(ExplainedAddress address, UnixExplainOptions? options)
    {
        UnixUser current = UnixUser.Current;
        if (User.IsSameAs(current))
            return;
        var asCurrent = new UnixExplainOptions { SocketType = SocketType, User = current, Probe = options?.Probe ?? true };
        UnixExplanation own = Connect(address, asCurrent);
        if (own.Verdict.Errno == Errno.EACCES)
            return;
        (Socket, ServerStarted) = (own.Socket, own.ServerStarted);
        _notes.Add(own.Verdict.Outcome == UnixOutcome.Fails
            ? $"Past that it would fail with {own.Verdict.ErrnoText}: {own.Verdict.Reason}"
            : $"Past that: {own.Verdict.Reason}");
    }

    private Func<WalkPoint, SocketProbeResult> Looker(ExplainedAddress address, UnixExplainOptions? options) => file =>
    {
        SocketProbeResult look = SocketProbeResult.AtFile(file, address.ForCall(), options?.Probe ?? true);
        Show(look);
        return look;
    };

    private void Show(SocketProbeResult look)
    {
        Socket = look.Entry;
        ServerStarted = look.Entry is { } entry ? ProcessStatus.Earliest(entry.Processes.Select(h => h.ProcessId)) : null;
        _notes.AddRange(SocketNotes.Of(look));
    }
}
