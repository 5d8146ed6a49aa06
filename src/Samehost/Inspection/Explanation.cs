using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>An address as a user wrote it, also one that no socket can have: the verdict says what is wrong with it.</summary>
/// <param name="IsAbstract">Whether it is an abstract name and not a path.</param>
/// <param name="Name">The bytes, without the NUL before an abstract name or behind a path.</param>
internal sealed record ExplainedAddress(bool IsAbstract, byte[] Name)
{
    /// <summary>With the NUL before an abstract name, or the one behind a path, the name has to fit into 108 bytes.</summary>
    public const int MaxNameLength = LibcSocket.SockAddrSize - sizeof(ushort) - 1;

    /// <summary>Whether it was written as a relative path.</summary>
    public bool IsRelative { get; init; } = !IsAbstract && Name is not [(byte)'/', ..];

    public bool IsTooLong => Name.Length > MaxNameLength;

    /// <summary>The address for a system call; empty when it is too long to be one.</summary>
    public byte[] ForCall()
    {
        if (IsTooLong)
            return [];
        return IsAbstract ? [1, 0, 0, .. Name] : [1, 0, .. Name, 0];
    }

    public override string ToString() => (IsAbstract ? "@" : "") + PrintableText.Of(Name);

    /// <summary>The verdict on a name that is too long before anything is looked up, for a bind also on a path; null for others.</summary>
    public Verdict? Judge()
    {
        if (!IsTooLong)
            return null;
        return IsAbstract
            ? Verdict.Fails(Errno.EINVAL,
                $"The abstract name has {Name.Length} bytes, and an address has room for {MaxNameLength}. Some programs cut it off, and " +
                "then fail with ECONNREFUSED.",
                VerdictParty.Caller, "Use a shorter name.")
            : Verdict.Fails(Errno.ENAMETOOLONG,
                $"The path has {Name.Length} bytes, and the address of a socket has room for {MaxNameLength}; clients would be shown any " +
                "way around that as the server's name.",
                VerdictParty.Caller, "Use a shorter path, for example in /run, /tmp or $XDG_RUNTIME_DIR.");
    }
}

/// <summary>
/// Predicts what connect(2) to an address, or binding it with this library, comes to for a user. The hints of exceptions and
/// <c>samehost explain</c> both come from here.
/// </summary>
internal sealed class Explanation : IDisposable
{
    private const string Namespaces = "Abstract names belong to a network namespace, and each container has one of its own.";

    private Explanation(Verdict verdict, PathWalk? walk, SocketProbeResult? socket, List<string> notes)
    {
        Verdict = verdict;
        Walk = walk;
        Socket = socket;
        Notes = notes;
    }

    public Verdict Verdict { get; }

    /// <summary>The way that the path leads; null for an abstract name.</summary>
    public PathWalk? Walk { get; }

    /// <summary>The socket at the address; null when the walk did not come to a socket file.</summary>
    public SocketProbeResult? Socket { get; }

    /// <summary>What else the verdict depends on, in a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Explains connect(2). Where this process itself would make the call, it is rehearsed, and the result of that
    /// counts.</summary>
    /// <param name="address">The address.</param>
    /// <param name="user">The user who would make the call.</param>
    /// <param name="type">The type of the socket; null for one that fits.</param>
    /// <param name="scope">How far to look for the socket.</param>
    public static Explanation Connect(ExplainedAddress address, FileCredentials user, int? type, ProbeScope scope)
    {
        var isOwn = IsOwn(user);
        for (var round = 0; ; round++)
        {
            var predicted = Predict(address, user, isOwn, type, scope);
            if (!isOwn)
                return predicted;
            if (!scope.HasFlag(ProbeScope.Probe))
            {
                // Without a look at the address, only what is refused for all of them shows.
                var isCalled = !address.IsAbstract || !address.IsTooLong;
                return isCalled && ConnectRehearsal.OfEveryAddress(type ?? LibcSocket.SOCK_STREAM) is { } refusal
                    ? predicted.With(Sandbox.Refused("connect", refusal, isEveryAddress: true, "")) : predicted;
            }
            var wanted = type ?? predicted.Socket?.Type ?? LibcSocket.SOCK_STREAM;
            if (ConnectRehearsal.Run(wanted, address.ForCall()) is not { } real)
                return predicted;
            if (!IsRefuted(predicted.Verdict, real))
            {
                return Hedge(predicted.Verdict, user, scope, address.IsAbstract && wanted != LibcSocket.SOCK_DGRAM) is { } unknown
                    ? predicted.With(unknown) : predicted;
            }

            if (round > 0)
                return predicted.With(RehearsalVerdict.Of(predicted.Verdict, real, wanted, address));
            predicted.Dispose(); // what it was made from may have changed meanwhile
        }
    }

    /// <summary>Explains a bind with this library: only a stale socket file is replaced.</summary>
    /// <param name="address">The address.</param>
    /// <param name="user">The user who would make the call.</param>
    /// <param name="type">The type of the socket; null for one that fits.</param>
    /// <param name="scope">How far to look for the socket.</param>
    /// <param name="allowUnsafeDirectory">Whether to bind also where every user may replace the file.</param>
    public static Explanation Bind(
        ExplainedAddress address, FileCredentials user, int? type, ProbeScope scope, bool allowUnsafeDirectory = false)
    {
        var isOwn = IsOwn(user);
        var predicted = PredictBind(address, user, isOwn, type, scope, allowUnsafeDirectory);
        if (!isOwn || address.IsTooLong)
            return predicted;
        if (ConnectRehearsal.OfEveryBind(type ?? LibcSocket.SOCK_STREAM) is { } real)
        {
            // The library refuses an unsafe directory before it asks the kernel, and after it has made a socket.
            var isFirst = real.IsWithoutSocket || predicted.Walk?.Unsafe is null || allowUnsafeDirectory;
            return new Explanation(isFirst ? Sandbox.Refused("bind", real, isEveryAddress: true, "") : predicted.Verdict,
                predicted.Walk, predicted.Socket, []);
        }
        return Hedge(predicted.Verdict, user, scope, !address.IsAbstract) is { } unknown ? predicted.With(unknown) : predicted;
    }

    public void Dispose() => Walk?.Dispose();

    private static Explanation Predict(ExplainedAddress address, FileCredentials user, bool isOwn, int? type, ProbeScope scope)
    {
        SocketProbeResult? socket = null;
        if (address.IsAbstract)
        {
            socket = SocketProbeResult.AtName(address.Name, type, scope);
            return new Explanation(address.Judge() ?? ConnectAbstract(address, type, socket), null, socket, []);
        }
        var walk = PathWalk.ToTarget(address.Name, user, isOwn);
        var verdict = ConnectVerdict.Of(walk, user, file => socket = Probe(walk, file, address, scope), type);
        return new Explanation(verdict, walk, socket, []);
    }

    private static Explanation PredictBind(
        ExplainedAddress address, FileCredentials user, bool isOwn, int? type, ProbeScope scope, bool allowUnsafeDirectory)
    {
        SocketProbeResult? socket = null;
        if (address.IsAbstract)
        {
            socket = SocketProbeResult.AtName(address.Name, type, scope);
            return new Explanation(address.Judge() ?? BindAbstract(address, type, socket), null, socket, []);
        }
        var notes = new List<string>();
        var walk = PathWalk.ToPlace(address.Name, user, isOwn);
        var verdict = BindVerdict.Of(
            walk, user, file => socket = Probe(walk, file, address, scope), allowUnsafeDirectory, notes);
        return new Explanation(address.Judge() ?? verdict, walk, socket, notes);
    }

    private static SocketProbeResult Probe(PathWalk walk, WalkPoint file, ExplainedAddress address, ProbeScope scope) =>
        SocketProbeResult.AtFile(file, walk.MountOf(file)?.InSocketTable(file.Status.Id) ?? file.Status.Id, address.ForCall(), scope);

    private static bool IsRefuted(Verdict verdict, RehearsalResult real) => verdict.Outcome switch
    {
        VerdictOutcome.Works => real.Errno != Errno.None,
        VerdictOutcome.Fails => real.Errno != verdict.Errno,
        _ => true,
    };

    /// <summary>The verdict in place of one that a security module can refute which no rehearsal reaches; null where there is no sign of
    /// one.</summary>
    private static Verdict? Hedge(Verdict verdict, FileCredentials user, ProbeScope scope, bool isBeyondRehearsal) =>
        isBeyondRehearsal && verdict.Outcome == VerdictOutcome.Works && scope.HasFlag(ProbeScope.Processes)
        && Sandbox.HidesOwnProcesses(user)
            ? Verdict.Unknown(
                $"{verdict.Reason} But a security policy separates this process from others of its user (Landlock, AppArmor, SELinux), " +
                "and whether it allows this cannot be seen.",
                $"Try it. {Sandbox.Look()}")
            : null;

    private Explanation With(Verdict verdict) => new(verdict, Walk, Socket, [.. Notes]);

    private static bool IsOwn(FileCredentials user)
    {
        _ = FileCredentials.OfThisThread(out var own, out _);
        return user.IsSameAs(own);
    }

    private static Verdict ConnectAbstract(ExplainedAddress address, int? type, SocketProbeResult socket)
    {
        if (socket.Liveness == SocketLiveness.Live)
            return SocketVerdict.Of(socket, type, $"{address}");
        if (socket.Liveness == SocketLiveness.Unclear)
        {
            return socket.Rehearsal is { Errno: Errno.ECONNREFUSED }
                ? Verdict.Fails(Errno.ECONNREFUSED,
                    $"No {(type is { } known ? SocketTableEntry.TypeName(known) + " " : "")}socket listens at the name {address} in this " +
                    $"network namespace. {Namespaces}",
                    VerdictParty.Server, "Start the server, in the same network namespace, or give the name that it listens at.")
                : NoTable(socket);
        }
        if (socket.OtherType is { } other && type is { } wanted)
        {
            var name = SocketTableEntry.TypeName(other.Type);
            return Verdict.Fails(Errno.ECONNREFUSED,
                $"No {SocketTableEntry.TypeName(wanted)} socket has the name {address}; a {name} socket has. " +
                "Abstract names of different types of socket are independent of each other.",
                VerdictParty.Caller, $"Use a {name} client.");
        }
        if (socket.Elsewhere is { } elsewhere)
        {
            return Verdict.Fails(Errno.ECONNREFUSED,
                $"No socket has the name {address} in this network namespace, but one has in another. {Namespaces}",
                VerdictParty.Caller,
                $"Connect from there (as root: nsenter -n -t {elsewhere.ProcessId}), or have the server use a path.");
        }
        return Verdict.Fails(Errno.ECONNREFUSED,
            $"No socket has the name {address} in this network namespace. {Namespaces}",
            VerdictParty.Server, "Start the server, in the same network namespace, or give the name that it listens at.");
    }

    private static Verdict BindAbstract(ExplainedAddress address, int? type, SocketProbeResult socket) => socket.Liveness switch
    {
        SocketLiveness.Live => Verdict.Fails(Errno.EADDRINUSE,
            $"A {SocketTableEntry.TypeName(type ?? socket.Entry!.Type)} socket has the name {address} already.",
            VerdictParty.Caller, "Choose another name, or stop the program that has it; the name is free when it closes its socket."),
        SocketLiveness.Unclear => NoTable(socket),
        _ => Verdict.Works($"The name {address} is free in this network namespace."),
    };

    private static Verdict NoTable(SocketProbeResult socket)
    {
        (var reason, var remedy) = SocketTable.Problem(socket.TableErrno);
        return Verdict.Unknown($"{reason} Abstract names are nowhere else.", $"Try it. {remedy}");
    }
}

/// <summary>The verdict where the rehearsal of a call has refuted what was predicted.</summary>
internal static class RehearsalVerdict
{
    public static Verdict Of(Verdict predicted, RehearsalResult real, int type, ExplainedAddress address)
    {
        var name = SocketTableEntry.TypeName(type);
        if (real.Errno == Errno.None)
        {
            return Verdict.Works(type == LibcSocket.SOCK_DGRAM
                ? $"A {name} socket receives at {address}." : $"A {name} socket listens at {address}.");
        }
        var isEvery = !real.IsWithoutSocket && ConnectRehearsal.OfEveryAddress(type) is not null;
        if (real.IsWithoutSocket || isEvery || real.Errno is Errno.EACCES or Errno.EPERM)
        {
            return Sandbox.Refused("connect", real, isEvery,
                (predicted.Outcome == VerdictOutcome.Works ? predicted.Reason : $"A {name} socket cannot connect to {address}.") +
                (address.IsAbstract ? " An abstract name has no permissions," : " The permissions allow it,"));
        }
        return Verdict.Fails(real.Errno,
            $"connect(2) of this process fails with {real.Errno} at {address}, for a reason that cannot be seen from here.",
            VerdictParty.Caller, "Look at the file system there, and at the sandbox of this process.");
    }
}
