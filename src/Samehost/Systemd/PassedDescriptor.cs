using Samehost.Interop;

namespace Samehost.Systemd;

/// <summary>Looks at a descriptor that somebody else opened.</summary>
internal static class PassedDescriptor
{
    /// <summary>
    /// Makes sure that a descriptor came with the process. Such a one is never closed on exec, or it would not have come; those that the
    /// runtime and its libraries have opened since are, so a wrong count cannot make us take one of theirs and close it.
    /// </summary>
    /// <exception cref="InvalidDataException">It is not open, or was opened here.</exception>
    public static void Check(string variable, string value, int number)
    {
        int closeOnExec = LibcFcntl.GetCloseOnExec(number);
        if (closeOnExec < 0)
            throw ServiceEnvironment.Problem(variable, value, $"descriptor {number} is not open.");
        if (closeOnExec > 0)
        {
            throw ServiceEnvironment.Problem(
                variable, value, $"descriptor {number} was not passed but opened, or taken already, by this process.");
        }
    }

    public static SystemdSocketKind KindOf(Descriptor descriptor)
    {
        if (LibcSocketOptions.Get(descriptor, LibcSocketOptions.SO_DOMAIN, out int family) < 0)
            return SystemdSocketKind.NotASocket;
        if (family != LibcSocket.AF_UNIX)
            return SystemdSocketKind.OtherSocket;
        _ = LibcSocketOptions.Get(descriptor, LibcSocketOptions.SO_TYPE, out int type);
        _ = LibcSocketOptions.Get(descriptor, LibcSocketOptions.SO_ACCEPTCONN, out int listens);
        return type switch
        {
            LibcSocket.SOCK_STREAM => listens != 0 ? SystemdSocketKind.StreamListener : SystemdSocketKind.Stream,
            LibcSocket.SOCK_SEQPACKET => listens != 0 ? SystemdSocketKind.SeqpacketListener : SystemdSocketKind.Seqpacket,
            LibcSocket.SOCK_DGRAM => SystemdSocketKind.Datagram,
            _ => SystemdSocketKind.OtherSocket,
        };
    }

    /// <summary>The local socket's address, or null for anything else.</summary>
    public static UnixEndPoint? AddressOf(Descriptor descriptor, SystemdSocketKind kind)
    {
        if (kind is SystemdSocketKind.NotASocket or SystemdSocketKind.OtherSocket)
            return null;
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        int length = LibcSocket.GetSockName(descriptor, address);
        return length < 0 ? null : UnixEndPoint.FromSockAddr(address[..length]);
    }
}
