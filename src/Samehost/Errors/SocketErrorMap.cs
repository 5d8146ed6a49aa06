using System.Net.Sockets;

namespace Samehost.Errors;

/// <summary>
/// Which <see cref="SocketError"/> stands for an errno: the runtime's own table, so that <c>catch … when</c> clauses written
/// for <see cref="Socket"/> go on working, and the closest value for a few numbers that it maps to −1.
/// </summary>
internal static class SocketErrorMap
{
    public static SocketError From(Errno errno) => errno switch
    {
        Errno.None => SocketError.Success,
        Errno.EACCES or Errno.EPERM => SocketError.AccessDenied,
        Errno.EADDRINUSE => SocketError.AddressAlreadyInUse,
        Errno.EADDRNOTAVAIL or Errno.ENOENT => SocketError.AddressNotAvailable,
        Errno.EAFNOSUPPORT => SocketError.AddressFamilyNotSupported,
        Errno.EAGAIN => SocketError.WouldBlock,
        Errno.EALREADY => SocketError.AlreadyInProgress,
        Errno.EBADF or Errno.ECANCELED => SocketError.OperationAborted,
        Errno.ECONNABORTED => SocketError.ConnectionAborted,
        Errno.ECONNREFUSED => SocketError.ConnectionRefused,
        Errno.ECONNRESET => SocketError.ConnectionReset,
        Errno.EDESTADDRREQ => SocketError.DestinationAddressRequired,
        Errno.EFAULT => SocketError.Fault,
        Errno.EHOSTDOWN => SocketError.HostDown,
        Errno.EHOSTUNREACH => SocketError.HostUnreachable,
        Errno.EINPROGRESS => SocketError.InProgress,
        Errno.EINTR => SocketError.Interrupted,
        Errno.EINVAL => SocketError.InvalidArgument,
        Errno.EISCONN => SocketError.IsConnected,
        Errno.EMFILE or Errno.ENFILE => SocketError.TooManyOpenSockets,
        Errno.EMSGSIZE => SocketError.MessageSize,
        Errno.ENETDOWN => SocketError.NetworkDown,
        Errno.ENETRESET => SocketError.NetworkReset,
        Errno.ENETUNREACH => SocketError.NetworkUnreachable,
        Errno.ENOBUFS => SocketError.NoBufferSpaceAvailable,
        Errno.ENODATA => SocketError.NoData,
        Errno.ENOPROTOOPT => SocketError.ProtocolOption,
        Errno.ENOTCONN => SocketError.NotConnected,
        Errno.ENOTSOCK => SocketError.NotSocket,
        Errno.ENXIO => SocketError.HostNotFound,
        Errno.EOPNOTSUPP => SocketError.OperationNotSupported,
        Errno.EPFNOSUPPORT => SocketError.ProtocolFamilyNotSupported,
        Errno.EPIPE => SocketError.Shutdown,
        Errno.EPROTONOSUPPORT => SocketError.ProtocolNotSupported,
        Errno.EPROTOTYPE => SocketError.ProtocolType,
        Errno.ESHUTDOWN => SocketError.Disconnecting,
        Errno.ESOCKTNOSUPPORT => SocketError.SocketNotSupported,
        Errno.ETIMEDOUT => SocketError.TimedOut,

        // From here on the runtime has nothing better than −1.
        Errno.ENOTDIR or Errno.ELOOP => SocketError.AddressNotAvailable,
        Errno.EEXIST => SocketError.AddressAlreadyInUse,
        Errno.ENAMETOOLONG => SocketError.InvalidArgument,
        Errno.ENOMEM => SocketError.NoBufferSpaceAvailable,
        Errno.EROFS => SocketError.AccessDenied,
        Errno.ETOOMANYREFS => SocketError.TooManyOpenSockets,
        _ => SocketError.SocketError,
    };
}
