using System.Net;
using System.Net.Sockets;
using Samehost.Interop;

namespace Samehost;

/// <content>To and from <c>struct sockaddr_un</c> (unix(7)) and the runtime's form of it.</content>
public sealed partial class UnixEndPoint
{
    private const int FamilySize = sizeof(ushort);

    /// <summary>
    /// Reads an address as the kernel returned it, family included. A length of zero (a datagram from an unbound socket) or of
    /// just the family means unnamed; a path ends at its first NUL or where the bytes end; in an abstract name a NUL is a byte
    /// like any other.
    /// </summary>
    internal static UnixEndPoint FromSockAddr(ReadOnlySpan<byte> sockaddr) =>
        FromKernelName(sockaddr[Math.Min(FamilySize, sockaddr.Length)..]);

    /// <summary>The same for what follows the family, which is all that the kernel's table of sockets has.</summary>
    internal static UnixEndPoint FromKernelName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return Unnamed;
        if (name[0] == 0)
            return new UnixEndPoint(UnixEndPointKind.Abstract, name[1..].ToArray());
        int end = name.IndexOf((byte)0);
        return new UnixEndPoint(UnixEndPointKind.Pathname, (end < 0 ? name : name[..end]).ToArray());
    }

    /// <summary>
    /// Writes the address for bind, connect or sendto; <paramref name="buffer"/> holds at least
    /// <see cref="LibcSocket.SockAddrSize"/> bytes. Returns the length to pass with it.
    /// </summary>
    internal int WriteSockAddr(Span<byte> buffer)
    {
        buffer[..LibcSocket.SockAddrSize].Clear();
        BitConverter.TryWriteBytes(buffer, (ushort)LibcSocket.AF_UNIX);
        switch (Kind)
        {
            case UnixEndPointKind.Abstract:
                _name.CopyTo(buffer[(FamilySize + 1)..]);
                return FamilySize + 1 + _name.Length;
            case UnixEndPointKind.Pathname:
                // The kernel does not need the final NUL and takes a path of 108 bytes without one, so a stranger can have such a path.
                _name.CopyTo(buffer[FamilySize..]);
                return Math.Min(FamilySize + _name.Length + 1, LibcSocket.SockAddrSize);
            default:
                return FamilySize;
        }
    }

    /// <summary>The address in the runtime's form, as <see cref="Socket"/> asks for it.</summary>
    public override SocketAddress Serialize()
    {
        Span<byte> bytes = stackalloc byte[LibcSocket.SockAddrSize];
        int length = WriteSockAddr(bytes);
        var result = new SocketAddress(AddressFamily.Unix, length);
        bytes[FamilySize..length].CopyTo(result.Buffer.Span[FamilySize..]);
        return result;
    }

    /// <summary>The address that the runtime's form stands for.</summary>
    /// <exception cref="ArgumentException">It is not an address of a local socket.</exception>
    public override EndPoint Create(SocketAddress socketAddress)
    {
        ArgumentNullException.ThrowIfNull(socketAddress);
        if (socketAddress.Family != AddressFamily.Unix)
        {
            throw new ArgumentException(
                $"Not the address of a local socket but one of family {socketAddress.Family}.", nameof(socketAddress));
        }

        return FromSockAddr(socketAddress.Buffer.Span[..Math.Min(socketAddress.Size, LibcSocket.SockAddrSize)]);
    }
}
