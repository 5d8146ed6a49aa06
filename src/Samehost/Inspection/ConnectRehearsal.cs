using System.Runtime.InteropServices;
using System.Text;
using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>What connect(2) by this process came to in a rehearsal.</summary>
/// <param name="Errno">What the call would fail with; none if it would succeed.</param>
/// <param name="IsWithoutSocket">Whether socket(2) failed already.</param>
internal readonly record struct RehearsalResult(Errno Errno, bool IsWithoutSocket)
{
    /// <summary>Whether a socket of the rehearsed type listens or receives at the address; its backlog may be full.</summary>
    public bool IsListening => Errno is Errno.None or Errno.EAGAIN;
}

/// <summary>
/// Makes the calls of a client without connecting, so that what cannot be seen in files and tables counts as well: seccomp, security
/// modules, rules of a file system. No server notices.
/// </summary>
/// <remarks>
/// A stream or seqpacket socket that is connected already gets EISCONN where another one would connect, after all checks but one: the
/// hook of security modules for connections of streams. A datagram socket really connects, of which the receiver notices nothing.
/// </remarks>
internal static class ConnectRehearsal
{
    /// <summary>Rehearses connect(2); null where it cannot be rehearsed.</summary>
    /// <param name="type">The type of the socket.</param>
    /// <param name="address">The address for the system call.</param>
    public static RehearsalResult? Run(int type, ReadOnlySpan<byte> address)
    {
        var result = LibcSocket.Socket(type, out var socket);
        if (socket is null)
            return IsOwnShortage((Errno)(-result)) ? null : new RehearsalResult((Errno)(-result), IsWithoutSocket: true);
        using (socket)
        {
            if (address.IsEmpty)
                return null;
            if (type == LibcSocket.SOCK_DGRAM)
                return Of(LibcSocket.Connect(socket, address));
            if (LibcSocket.SocketPair(type, out var connected, out var other) < 0)
                return null;
            using (connected)
            using (other)
                return Of(LibcSocket.Connect(connected!, address));
        }
    }

    /// <summary>Rehearses connect(2) to the very file that a descriptor stands for, whatever is at its path by now.</summary>
    /// <param name="type">The type of the socket.</param>
    /// <param name="pinned">Stands for the file.</param>
    /// <param name="address">Another way to it, for where there is no /proc; may be empty.</param>
    public static RehearsalResult? Run(int type, Descriptor pinned, ReadOnlySpan<byte> address) =>
        Run(type, AddressOf(pinned)) is var result && result is { Errno: Errno.ENOENT or Errno.ENOTDIR } && !address.IsEmpty
            ? Run(type, address)
            : result;

    /// <summary>Finds out whether connect(2) is refused to this process whatever the address; null if it is not.</summary>
    /// <remarks>An address of one byte is invalid to the kernel, and never reaches it where a filter refuses the call.</remarks>
    public static RehearsalResult? OfEveryAddress(int type) =>
        OfInvalidAddress(type, static socket => LibcSocket.Connect(socket, "\u0001"u8));

    /// <summary>Finds out whether bind(2) of local sockets is refused to this process whatever the address; null if it is not.</summary>
    public static RehearsalResult? OfEveryBind(int type) =>
        OfInvalidAddress(type, static socket => LibcSocket.Bind(socket, "\u0001"u8));

    private static RehearsalResult? OfInvalidAddress(int type, Func<Descriptor, int> call)
    {
        var result = LibcSocket.Socket(type, out var socket);
        if (socket is null)
            return IsOwnShortage((Errno)(-result)) ? null : new RehearsalResult((Errno)(-result), IsWithoutSocket: true);
        using (socket)
            result = call(socket);
        return result is >= 0 or -(int)Errno.EINVAL ? null : new RehearsalResult((Errno)(-result), IsWithoutSocket: false);
    }

    private static RehearsalResult Of(int result) =>
        new(result is >= 0 or -(int)Errno.EISCONN ? Errno.None : (Errno)(-result), IsWithoutSocket: false);

    // It is a matter of this moment, and says nothing of the address.
    private static bool IsOwnShortage(Errno errno) => errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENOBUFS;

    /// <summary>The address of the very file that a descriptor stands for.</summary>
    public static byte[] AddressOf(Descriptor pinned)
    {
        var path = Encoding.ASCII.GetBytes($"/proc/self/fd/{pinned.Number}");
        var address = new byte[sizeof(ushort) + path.Length + 1];
        MemoryMarshal.Write<ushort>(address, LibcSocket.AF_UNIX);
        path.CopyTo(address.AsSpan(sizeof(ushort)));
        return address;
    }
}
