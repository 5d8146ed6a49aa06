using System.Collections;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Samehost.Inspection;
using Samehost.Interop;
using Samehost.Systemd;

namespace Samehost;

/// <summary>Contains the descriptors that a service manager has passed to this process (socket activation, sd_listen_fds(3),
/// systemd.socket(5)), and those from its descriptor store (<see cref="SystemdNotifier.StoreDescriptors"/>).</summary>
/// <remarks>
/// <para>Call <see cref="Take()"/> once, early: it removes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES from the environment, both from the
/// runtime's copy, which programs started with <see cref="System.Diagnostics.Process"/> inherit, and from the process's own, which
/// native code reads. Removing from the latter is not safe while native code on another thread reads the environment.</para>
/// <para>Every descriptor is closed on exec from then on. <see cref="Dispose"/> closes those that were not taken; the service manager has
/// its own copy, so a listening socket remains open, and its path is never removed.</para>
/// </remarks>
/// <example><code>
/// using var passed = SystemdListenSockets.Take();
/// await using var listener = passed.Count > 0
///     ? passed.TakeListener("web")
///     : UnixListener.Listen(UnixEndPoint.Parse("/run/web.sock"));
/// </code></example>
public sealed class SystemdListenSockets : IReadOnlyList<SystemdListenSocket>, IDisposable
{
    private static readonly Lock Lock = new();
    private static SystemdListenSockets? _kept; // what Find has found, until the next Take

    private readonly SystemdListenSocket[] _sockets;

    private SystemdListenSockets(SystemdListenSocket[] sockets, string? hint) => (_sockets, Hint) = (sockets, hint);

    /// <summary>Gets the reason why there is none although LISTEN_FDS was set: it names another process, such as a script that starts this
    /// program without <c>exec</c>; and what to change. Otherwise null.</summary>
    public string? Hint { get; }

    /// <summary>Gets the number of descriptors that were passed, including those that were taken.</summary>
    public int Count => _sockets.Length;

    /// <summary>Gets a descriptor by its index, in the order of the lines in the socket unit.</summary>
    public SystemdListenSocket this[int index] => _sockets[index];

    /// <summary>Takes the descriptors that were passed to this process, and removes the variables from the environment.</summary>
    /// <returns>The descriptors; none if nothing was passed, if the variables are meant for another process (as with <c>dotnet run</c>),
    /// and after the first call.</returns>
    /// <exception cref="InvalidDataException">The variables are not valid: not numbers, a descriptor that is not open or was not passed,
    /// or a wrong number of names. The message names the variable and its value; nothing was taken or closed.</exception>
    public static SystemdListenSockets Take()
    {
        lock (Lock)
        {
            var taken = _kept ?? Take(ServiceEnvironment.Own, ListenVariables.FirstDescriptor);
            _kept = null;
            return taken;
        }
    }

    /// <summary>Finds the socket that the service manager has passed for an address, to be taken instead of binding the address, which it
    /// occupies.</summary>
    /// <remarks>If there is one, the variables are removed from the environment as by <see cref="Take()"/>, which still returns all of the
    /// descriptors, once. If there is none, the environment is left as it is.</remarks>
    /// <param name="endPoint">The address. A path is the same as another one that leads to the same file.</param>
    /// <param name="kind">What it has to be.</param>
    /// <returns>The socket, or null if none was passed to this process, or if it was taken.</returns>
    /// <exception cref="InvalidDataException">The variables are not valid; see <see cref="Take()"/>.</exception>
    /// <example><code>
    /// var passed = SystemdListenSockets.Find(endPoint, SystemdSocketKind.StreamListener);
    /// await using var listener = passed?.TakeListener() ?? UnixListener.Listen(endPoint);
    /// </code></example>
    public static SystemdListenSocket? Find(UnixEndPoint endPoint, SystemdSocketKind kind)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        lock (Lock)
            return Find(ServiceEnvironment.Own, ListenVariables.FirstDescriptor, endPoint, kind, ref _kept);
    }

    internal static SystemdListenSocket? Find(
        ServiceEnvironment environment, int firstDescriptor, UnixEndPoint endPoint, SystemdSocketKind kind, ref SystemdListenSockets? kept)
    {
        if (kept is null)
        {
            if (!PassedDescriptor.Exists(endPoint, kind, firstDescriptor, ListenVariables.Peek(environment)))
                return null;
            kept = Take(environment, firstDescriptor);
        }

        return kept.FindAt(endPoint, kind);
    }

    /// <summary>Finds the socket of an address among these, as <see cref="Find(UnixEndPoint, SystemdSocketKind)"/> does among those that
    /// were not taken yet.</summary>
    internal SystemdListenSocket? FindAt(UnixEndPoint endPoint, SystemdSocketKind kind) =>
        Array.Find(_sockets, s => !s.IsTaken && s.Kind == kind && PassedDescriptor.IsSame(endPoint, s.LocalEndPoint));

    internal static SystemdListenSockets Take(ServiceEnvironment environment, int firstDescriptor)
    {
        var names = ListenVariables.Take(
            environment, (variable, value, index) => PassedDescriptor.Check(variable, value, firstDescriptor + index), out var hint);
        var sockets = new SystemdListenSocket[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            var descriptor = new Descriptor(firstDescriptor + i);
            _ = LibcFcntl.SetCloseOnExec(descriptor); // it is open, so this cannot fail
            sockets[i] = new SystemdListenSocket(i, names[i], descriptor);
        }

        return new SystemdListenSockets(sockets, hint);
    }

    /// <summary>Takes a stream listener.</summary>
    /// <param name="name">Its name; the first one that was not taken, if several have it. If null, only one descriptor may be
    /// left.</param>
    /// <param name="options">The policy (the same user and root by default), and whether descriptors are accepted.</param>
    /// <exception cref="InvalidOperationException">There is none, or it has another kind; the message lists the descriptors.</exception>
    /// <exception cref="ArgumentException">The address is an abstract name, and the options have no policy.</exception>
    public UnixListener TakeListener(string? name = null, UnixListenerOptions? options = null) => FindNamed(name).TakeListener(options);

    /// <summary>Takes a seqpacket listener; see <see cref="TakeListener"/>.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it has another kind; the message lists the descriptors.</exception>
    /// <exception cref="ArgumentException">The address is an abstract name, and the options have no policy.</exception>
    public UnixSeqpacketListener TakeSeqpacketListener(string? name = null, UnixListenerOptions? options = null) =>
        FindNamed(name).TakeSeqpacketListener(options);

    /// <summary>Takes a datagram socket; see <see cref="TakeListener"/>.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it has another kind; the message lists the descriptors.</exception>
    /// <exception cref="ArgumentException">The address is an abstract name, and the options have no policy.</exception>
    public UnixDatagram TakeDatagram(string? name = null, UnixDatagramOptions? options = null) => FindNamed(name).TakeDatagram(options);

    /// <inheritdoc/>
    public IEnumerator<SystemdListenSocket> GetEnumerator() => ((IEnumerable<SystemdListenSocket>)_sockets).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Closes the descriptors that were not taken; their paths remain, and so does the service manager's copy.</summary>
    public void Dispose()
    {
        foreach (var socket in _sockets)
            socket.Close();
    }

    private SystemdListenSocket FindNamed(string? name)
    {
        var left = _sockets.Where(s => !s.IsTaken && (name is null || s.Name == name)).ToArray();
        if (left.Length == 1 || (left.Length > 1 && name is not null))
            return left[0];
        var what = name is null ? "just one" : $"one named '{name}'";
        var there = string.Join(", ", _sockets.Select(s => s.IsTaken ? $"{s}, taken" : $"{s}"));
        var none = Hint is null ? "none was passed." : $"none was passed to this process. {Hint}";
        throw new InvalidOperationException(_sockets.Length == 0
            ? $"Of the descriptors passed, {what} was to be taken; {none}"
            : $"Of the descriptors passed, {what} was to be taken; there is: {there}.");
    }
}

/// <summary>Represents one descriptor that a service manager has passed, which can be taken once.</summary>
/// <remarks>The service manager owns the path of a socket, so closing the socket never removes it. After an exception the descriptor can
/// still be taken in another way.</remarks>
public sealed class SystemdListenSocket
{
    private readonly Lock _lock = new();
    private Descriptor? _descriptor;

    internal SystemdListenSocket(int index, string name, Descriptor descriptor)
    {
        Index = index;
        Name = name;
        Kind = PassedDescriptor.GetKind(descriptor);
        LocalEndPoint = PassedDescriptor.GetLocalEndPoint(descriptor, Kind);
        _descriptor = descriptor;
    }

    /// <summary>Gets the index of the descriptor, in the order of the lines in the socket unit.</summary>
    public int Index { get; }

    /// <summary>Gets the name (<c>FileDescriptorName=</c>), by default that of the socket unit; <c>unknown</c> if the service manager sets
    /// none. Several descriptors may have the same name.</summary>
    public string Name { get; }

    /// <summary>Gets the kind of the descriptor.</summary>
    public SystemdSocketKind Kind { get; }

    /// <summary>Gets the local address, or null if it is not a local socket.</summary>
    public UnixEndPoint? LocalEndPoint { get; }

    /// <summary>Gets a value that indicates whether the descriptor was taken, or closed without being taken.</summary>
    public bool IsTaken => Volatile.Read(ref _descriptor) is null;

    /// <summary>Takes it as a stream listener.</summary>
    /// <param name="options">The policy, and whether descriptors are accepted; the socket unit determines the rest.</param>
    /// <exception cref="InvalidOperationException">It has another kind, or was taken.</exception>
    /// <exception cref="ArgumentException">The address is an abstract name, and the options have no policy.</exception>
    public UnixListener TakeListener(UnixListenerOptions? options = null) =>
        Take(SystemdSocketKind.StreamListener, descriptor => UnixListener.FromDescriptor(descriptor, options));

    /// <summary>Takes it as a seqpacket listener; see <see cref="TakeListener"/>.</summary>
    /// <exception cref="InvalidOperationException">It has another kind, or was taken.</exception>
    /// <exception cref="ArgumentException">The address is an abstract name, and the options have no policy.</exception>
    public UnixSeqpacketListener TakeSeqpacketListener(UnixListenerOptions? options = null) =>
        Take(SystemdSocketKind.SeqpacketListener, descriptor => UnixSeqpacketListener.FromDescriptor(descriptor, options));

    /// <summary>Takes it as a datagram socket.</summary>
    /// <param name="options">The options of the socket. A policy requires <c>PassCredentials=yes</c> in the socket unit, or else the
    /// datagram that started the service has no credentials.</param>
    /// <exception cref="InvalidOperationException">It has another kind, or was taken; or there is a policy, and datagrams without
    /// credentials are in the queue.</exception>
    /// <exception cref="ArgumentException">The address is an abstract name, and the options have no policy.</exception>
    public UnixDatagram TakeDatagram(UnixDatagramOptions? options = null) =>
        Take(SystemdSocketKind.Datagram, descriptor => UnixDatagram.FromDescriptor(descriptor, options));

    /// <summary>Takes it as a stream connection, whose client the service manager has accepted without a policy.</summary>
    /// <exception cref="InvalidOperationException">It has another kind, or was taken.</exception>
    public UnixStream TakeStream() => Take(SystemdSocketKind.Stream, UnixStream.FromDescriptor);

    /// <summary>Takes it as a seqpacket connection, whose client the service manager has accepted without a policy.</summary>
    /// <exception cref="InvalidOperationException">It has another kind, or was taken.</exception>
    public UnixSeqpacket TakeSeqpacket() => Take(SystemdSocketKind.Seqpacket, UnixSeqpacket.FromDescriptor);

    /// <summary>Takes it as a <see cref="Socket"/> of any family.</summary>
    /// <exception cref="InvalidOperationException">It is not a socket, or was taken.</exception>
    public Socket TakeSocket()
    {
        if (Kind == SystemdSocketKind.NotASocket)
            throw Mismatch("a socket");
        return new Socket(new SafeSocketHandle(Release(), ownsHandle: true));
    }

    /// <summary>Takes it as a file handle, which the caller owns from then on.</summary>
    /// <exception cref="InvalidOperationException">It was taken.</exception>
    public SafeFileHandle Take() => new(Release(), ownsHandle: true);

    /// <summary>Returns a line for logs: <c>web (StreamListener, /run/web.sock)</c>.</summary>
    public override string ToString()
    {
        var name = PrintableText.Of(Name);
        return LocalEndPoint is { } address ? $"{name} ({Kind}, {address})" : $"{name} ({Kind})";
    }

    /// <summary>Closes it unless it was taken.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _descriptor?.Dispose();
            _descriptor = null;
        }
    }

    private T Take<T>(SystemdSocketKind wanted, Func<SafeHandle, T> make)
    {
        if (Kind != wanted)
            throw Mismatch($"a {wanted}");
        lock (_lock)
        {
            var taken = make(_descriptor ?? throw Taken()); // works on a duplicate
            _descriptor.Dispose();
            _descriptor = null;
            return taken;
        }
    }

    private nint Release()
    {
        lock (_lock)
        {
            var descriptor = _descriptor ?? throw Taken();
            nint number = descriptor.Number;
            descriptor.SetHandleAsInvalid();
            _descriptor = null;
            return number;
        }
    }

    private InvalidOperationException Mismatch(string wanted)
    {
        var isConnection = Kind is SystemdSocketKind.Stream or SystemdSocketKind.Seqpacket;
        return new($"Descriptor '{PrintableText.Of(Name)}' (index {Index}) is a {Kind}, and {wanted} is wanted: " + (isConnection
            ? "it does not listen, but is one connection, as a socket unit with Accept=yes passes. Set Accept=no there, which is the " +
                $"default; or serve just this connection, as inetd has it, taken by Take{Kind}."
            : "look at the Listen lines of the socket unit."));
    }

    private InvalidOperationException Taken() => new($"Descriptor '{Name}' (index {Index}) was taken or closed already.");
}

/// <summary>Specifies the kind of a descriptor that a service manager has passed.</summary>
public enum SystemdSocketKind
{
    /// <summary>No socket: a FIFO, a file, a device, memory.</summary>
    NotASocket,

    /// <summary>A local stream socket that listens (<c>ListenStream=</c>).</summary>
    StreamListener,

    /// <summary>A local seqpacket socket that listens (<c>ListenSequentialPacket=</c>).</summary>
    SeqpacketListener,

    /// <summary>A local datagram socket (<c>ListenDatagram=</c>).</summary>
    Datagram,

    /// <summary>A local stream socket that does not listen: one connection (<c>Accept=yes</c>, or the descriptor store).</summary>
    Stream,

    /// <summary>A local seqpacket socket that does not listen: one connection.</summary>
    Seqpacket,

    /// <summary>A socket of another family: TCP, UDP, netlink.</summary>
    OtherSocket,
}

/// <summary>Examines descriptors that the service manager has passed.</summary>
internal static class PassedDescriptor
{
    /// <summary>Throws if a descriptor was not passed to the process.</summary>
    /// <remarks>A descriptor that was passed is not closed on exec; those that the runtime and its libraries have opened since are. So a
    /// wrong count never makes us take, and close, one of theirs.</remarks>
    /// <exception cref="InvalidDataException">It is not open, or was opened by this process.</exception>
    public static void Check(string variable, string value, int number)
    {
        var closeOnExec = LibcFcntl.GetCloseOnExec(number);
        if (closeOnExec < 0)
            throw ServiceEnvironment.Problem(variable, value, $"descriptor {number} is not open.");
        if (closeOnExec > 0)
        {
            throw ServiceEnvironment.Problem(
                variable, value, $"descriptor {number} was not passed but opened, or taken already, by this process.");
        }
    }

    public static SystemdSocketKind GetKind(Descriptor descriptor)
    {
        if (LibcSocketOptions.Get(descriptor, LibcSocketOptions.SO_DOMAIN, out var family) < 0)
            return SystemdSocketKind.NotASocket;
        if (family != LibcSocket.AF_UNIX)
            return SystemdSocketKind.OtherSocket;
        _ = LibcSocketOptions.Get(descriptor, LibcSocketOptions.SO_TYPE, out var type);
        _ = LibcSocketOptions.Get(descriptor, LibcSocketOptions.SO_ACCEPTCONN, out var listens);
        return type switch
        {
            LibcSocket.SOCK_STREAM => listens != 0 ? SystemdSocketKind.StreamListener : SystemdSocketKind.Stream,
            LibcSocket.SOCK_SEQPACKET => listens != 0 ? SystemdSocketKind.SeqpacketListener : SystemdSocketKind.Seqpacket,
            LibcSocket.SOCK_DGRAM => SystemdSocketKind.Datagram,
            _ => SystemdSocketKind.OtherSocket,
        };
    }

    /// <summary>Returns true if one of the descriptors, none of which is taken, is of this kind and bound to this address.</summary>
    public static bool Exists(UnixEndPoint endPoint, SystemdSocketKind kind, int first, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var descriptor = new Descriptor(first + i, ownsHandle: false);
            if (LibcFcntl.GetCloseOnExec(first + i) != 0)
                return false; // not open, or not passed: the variables are not valid
            if (GetKind(descriptor) == kind && IsSame(endPoint, GetLocalEndPoint(descriptor, kind)))
                return true;
        }

        return false;
    }

    /// <summary>Returns true if two addresses are equal, or are paths to the same file.</summary>
    public static bool IsSame(UnixEndPoint one, UnixEndPoint? other) => one.Equals(other)
        || (one.Kind == UnixEndPointKind.Pathname && other?.Kind == UnixEndPointKind.Pathname
            && LibcFile.Status(one.NameBytes.Span, out var first) >= 0 && LibcFile.Status(other.NameBytes.Span, out var second) >= 0
            && first.Id == second.Id);

    /// <summary>Returns the address of a local socket, or null.</summary>
    public static UnixEndPoint? GetLocalEndPoint(Descriptor descriptor, SystemdSocketKind kind)
    {
        if (kind is SystemdSocketKind.NotASocket or SystemdSocketKind.OtherSocket)
            return null;
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        var length = LibcSocket.GetSockName(descriptor, address);
        return length < 0 ? null : UnixEndPoint.FromSockAddr(address[..length]);
    }
}
