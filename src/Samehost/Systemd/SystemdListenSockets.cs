using System.Collections;
using Samehost.Interop;
using Samehost.Systemd;

namespace Samehost;

/// <summary>
/// The sockets that a service manager has opened for this program before it started it: socket activation, sd_listen_fds(3),
/// systemd.socket(5). Descriptors from the manager's descriptor store (<see cref="SystemdNotify.Store"/>) come the same way.
/// </summary>
/// <remarks>
/// <para>Call <see cref="Take()"/> once, early: it removes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES from the environment, both from the
/// runtime's copy, which programs started with <see cref="System.Diagnostics.Process"/> inherit, and from the process's own, which
/// native code reads. Removing from the latter is not safe while native code on another thread reads the environment.</para>
/// <para>Every descriptor is closed on exec from then on. What nobody takes is closed by <see cref="Dispose"/>; the manager keeps its own
/// copy, so a listening socket goes on listening, and its path is never removed.</para>
/// </remarks>
/// <example><code>
/// using var passed = SystemdListenSockets.Take();
/// await using var listener = passed.Count > 0
///     ? passed.TakeListener("web")
///     : UnixListener.Listen(UnixEndPoint.Parse("/run/web.sock"));
/// </code></example>
public sealed class SystemdListenSockets : IReadOnlyList<SystemdListenSocket>, IDisposable
{
    private readonly SystemdListenSocket[] _sockets;

    private SystemdListenSockets(SystemdListenSocket[] sockets) => _sockets = sockets;

    /// <summary>How many were passed, taken or not.</summary>
    public int Count => _sockets.Length;

    /// <summary>The one at a place, from 0: in the order of the lines in the socket unit.</summary>
    public SystemdListenSocket this[int index] => _sockets[index];

    /// <summary>
    /// Takes over what was passed to this process, and removes the variables from the environment. Empty when nothing was passed, when
    /// the variables are meant for another process (as under <c>dotnet run</c>, which starts ours), and after the first call.
    /// </summary>
    /// <exception cref="InvalidDataException">The variables make no sense: not numbers, a descriptor that is not open or was not passed,
    /// another number of names than of descriptors. The message names the variable and its value; nothing was taken or closed.</exception>
    public static SystemdListenSockets Take() => Take(ServiceEnvironment.Own, ListenVariables.FirstDescriptor);

    internal static SystemdListenSockets Take(ServiceEnvironment environment, int firstDescriptor)
    {
        string[] names = ListenVariables.Take(
            environment, (variable, value, index) => PassedDescriptor.Check(variable, value, firstDescriptor + index));
        var sockets = new SystemdListenSocket[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            var descriptor = new Descriptor(firstDescriptor + i);
            _ = LibcFcntl.SetCloseOnExec(descriptor); // it is open, which is all that this can fail for
            sockets[i] = new SystemdListenSocket(i, names[i], descriptor);
        }

        return new SystemdListenSockets(sockets);
    }

    /// <summary>Takes a listener for streams.</summary>
    /// <param name="name">Its name; when null, there must be just one left to take. Of several with this name, the first that is
    /// left.</param>
    /// <param name="options">Who may connect (our own user and root by default), and whether descriptors are taken.</param>
    /// <exception cref="InvalidOperationException">There is none, or it is something else; the message says what there is.</exception>
    /// <exception cref="ArgumentException">An abstract name without a policy.</exception>
    public UnixListener TakeListener(string? name = null, UnixListenerOptions? options = null) => Find(name).TakeListener(options);

    /// <summary>Takes a listener for seqpacket connections; otherwise as <see cref="TakeListener"/>.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it is something else; the message says what there is.</exception>
    /// <exception cref="ArgumentException">An abstract name without a policy.</exception>
    public UnixSeqpacketListener TakeSeqpacketListener(string? name = null, UnixListenerOptions? options = null) =>
        Find(name).TakeSeqpacketListener(options);

    /// <summary>Takes a datagram socket; otherwise as <see cref="TakeListener"/>.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it is something else; the message says what there is.</exception>
    /// <exception cref="ArgumentException">An abstract name without a policy.</exception>
    public UnixDatagram TakeDatagram(string? name = null, UnixDatagramOptions? options = null) => Find(name).TakeDatagram(options);

    /// <inheritdoc/>
    public IEnumerator<SystemdListenSocket> GetEnumerator() => ((IEnumerable<SystemdListenSocket>)_sockets).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Closes those that were not taken; their paths stay, and so does the service manager's copy.</summary>
    public void Dispose()
    {
        foreach (var socket in _sockets)
            socket.Close();
    }

    private SystemdListenSocket Find(string? name)
    {
        var left = _sockets.Where(s => !s.IsTaken && (name is null || s.Name == name)).ToArray();
        if (left.Length == 1 || (left.Length > 1 && name is not null))
            return left[0];
        string what = name is null ? "just one" : $"one named '{name}'";
        string there = string.Join(", ", _sockets.Select(s => s.IsTaken ? $"{s}, taken" : $"{s}"));
        throw new InvalidOperationException(_sockets.Length == 0
            ? $"Of the descriptors passed, {what} was to be taken; none was passed."
            : $"Of the descriptors passed, {what} was to be taken; there is: {there}.");
    }
}
