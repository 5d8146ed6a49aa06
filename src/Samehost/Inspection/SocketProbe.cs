using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>Whether a socket is bound to a socket file.</summary>
internal enum SocketLiveness
{
    /// <summary>It cannot be known, so the file is treated as in use.</summary>
    Unclear,

    /// <summary>No socket is bound to it.</summary>
    Stale,

    /// <summary>A socket is bound to it.</summary>
    Live,
}

/// <summary>
/// Finds out whether a socket is bound to a file, by connecting a datagram socket whatever the type of the other: a server of streams that
/// serves one client would take a stream for that client, and a stream could not distinguish a socket that does not listen yet from none.
/// The other side receives nothing.
/// </summary>
internal static class SocketProbe
{
    /// <param name="pinned">Stands for the file.</param>
    /// <param name="address">Another way to it, for where there is no /proc; may be empty.</param>
    /// <param name="result">The answer of the kernel: zero or <c>-errno</c>.</param>
    public static SocketLiveness Ask(Descriptor pinned, ReadOnlySpan<byte> address, out int result)
    {
        result = LibcSocket.Socket(LibcSocket.SOCK_DGRAM, out var probe);
        if (result < 0)
            return SocketLiveness.Unclear;
        using (probe)
        {
            // Through /proc the connect goes to the very inode that is held, whatever is at the path by now.
            result = LibcSocket.Connect(probe!, ConnectRehearsal.AddressOf(pinned));
            if (result is -(int)Errno.ENOENT or -(int)Errno.ENOTDIR && !address.IsEmpty)
                result = LibcSocket.Connect(probe!, address);
        }
        return result switch
        {
            >= 0 => SocketLiveness.Live, // a datagram socket
            // A datagram socket that is connected to another peer, unless it is a sandbox that refuses every call.
            -(int)Errno.EPERM => ConnectRehearsal.Run(LibcSocket.SOCK_STREAM, pinned, address) is { Errno: Errno.EPROTOTYPE }
                ? SocketLiveness.Live : SocketLiveness.Unclear,
            -(int)Errno.EPROTOTYPE => SocketLiveness.Live, // a stream or seqpacket socket, listening or not yet
            -(int)Errno.ECONNREFUSED => SocketLiveness.Stale,
            _ => SocketLiveness.Unclear,
        };
    }
}
