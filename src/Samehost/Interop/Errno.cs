// errno(3): the numbers by which calls report why they failed.
namespace Samehost;

/// <summary>
/// The Linux error numbers that a call on a socket or on its file can report (errno(3)). The numbers are those of x64, arm64 and
/// every other architecture that uses the generic table. A number that is not listed is still a valid value of this type.
/// </summary>
public enum Errno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>Operation not permitted.</summary>
    EPERM = 1,

    /// <summary>No such file or directory.</summary>
    ENOENT = 2,

    /// <summary>No such process.</summary>
    ESRCH = 3,

    /// <summary>A signal interrupted the call.</summary>
    EINTR = 4,

    /// <summary>Input/output error.</summary>
    EIO = 5,

    /// <summary>No such device or address: for example <c>open</c> on a socket file.</summary>
    ENXIO = 6,

    /// <summary>Bad file descriptor.</summary>
    EBADF = 9,

    /// <summary>Resource temporarily unavailable: the call would have to wait. The same number as EWOULDBLOCK.</summary>
    EAGAIN = 11,

    /// <summary>Out of memory.</summary>
    ENOMEM = 12,

    /// <summary>Permission denied.</summary>
    EACCES = 13,

    /// <summary>Bad address: a pointer outside the process's memory.</summary>
    EFAULT = 14,

    /// <summary>The device or resource is busy.</summary>
    EBUSY = 16,

    /// <summary>The file exists already.</summary>
    EEXIST = 17,

    /// <summary>A link or rename across file systems.</summary>
    EXDEV = 18,

    /// <summary>No such device.</summary>
    ENODEV = 19,

    /// <summary>A part of the path is not a directory.</summary>
    ENOTDIR = 20,

    /// <summary>It is a directory.</summary>
    EISDIR = 21,

    /// <summary>Invalid argument.</summary>
    EINVAL = 22,

    /// <summary>The whole system has too many open files.</summary>
    ENFILE = 23,

    /// <summary>This process has too many open files.</summary>
    EMFILE = 24,

    /// <summary>The descriptor does not support this control request.</summary>
    ENOTTY = 25,

    /// <summary>The file is too large.</summary>
    EFBIG = 27,

    /// <summary>No space left on the device.</summary>
    ENOSPC = 28,

    /// <summary>Illegal seek.</summary>
    ESPIPE = 29,

    /// <summary>The file system is read-only.</summary>
    EROFS = 30,

    /// <summary>The file has too many links.</summary>
    EMLINK = 31,

    /// <summary>The other end is closed.</summary>
    EPIPE = 32,

    /// <summary>A number is out of range.</summary>
    ERANGE = 34,

    /// <summary>Waiting for the lock would be a deadlock.</summary>
    EDEADLK = 35,

    /// <summary>The file name or path is too long.</summary>
    ENAMETOOLONG = 36,

    /// <summary>No locks are available.</summary>
    ENOLCK = 37,

    /// <summary>The kernel does not have this system call, or a sandbox hides it.</summary>
    ENOSYS = 38,

    /// <summary>The directory is not empty.</summary>
    ENOTEMPTY = 39,

    /// <summary>Too many symbolic links on the way.</summary>
    ELOOP = 40,

    /// <summary>No data available.</summary>
    ENODATA = 61,

    /// <summary>Protocol error.</summary>
    EPROTO = 71,

    /// <summary>A value does not fit its type.</summary>
    EOVERFLOW = 75,

    /// <summary>Too many users.</summary>
    EUSERS = 87,

    /// <summary>The descriptor is not a socket.</summary>
    ENOTSOCK = 88,

    /// <summary>The socket is not connected and no destination was given.</summary>
    EDESTADDRREQ = 89,

    /// <summary>The message is too long.</summary>
    EMSGSIZE = 90,

    /// <summary>The socket on the other side is of another type.</summary>
    EPROTOTYPE = 91,

    /// <summary>The socket option is not available.</summary>
    ENOPROTOOPT = 92,

    /// <summary>The protocol is not supported.</summary>
    EPROTONOSUPPORT = 93,

    /// <summary>The socket type is not supported.</summary>
    ESOCKTNOSUPPORT = 94,

    /// <summary>The operation is not supported on this socket. The same number as ENOTSUP.</summary>
    EOPNOTSUPP = 95,

    /// <summary>The protocol family is not supported.</summary>
    EPFNOSUPPORT = 96,

    /// <summary>The address family is not supported.</summary>
    EAFNOSUPPORT = 97,

    /// <summary>The address is in use already.</summary>
    EADDRINUSE = 98,

    /// <summary>The address cannot be assigned.</summary>
    EADDRNOTAVAIL = 99,

    /// <summary>The network is down.</summary>
    ENETDOWN = 100,

    /// <summary>The network is unreachable.</summary>
    ENETUNREACH = 101,

    /// <summary>The network dropped the connection.</summary>
    ENETRESET = 102,

    /// <summary>The connection was aborted on this side.</summary>
    ECONNABORTED = 103,

    /// <summary>The other side closed without reading everything.</summary>
    ECONNRESET = 104,

    /// <summary>No buffer space is available.</summary>
    ENOBUFS = 105,

    /// <summary>The socket is connected or bound already.</summary>
    EISCONN = 106,

    /// <summary>The socket is not connected.</summary>
    ENOTCONN = 107,

    /// <summary>The socket was shut down for sending.</summary>
    ESHUTDOWN = 108,

    /// <summary>Too many descriptors are in flight.</summary>
    ETOOMANYREFS = 109,

    /// <summary>The time ran out.</summary>
    ETIMEDOUT = 110,

    /// <summary>No socket listens there.</summary>
    ECONNREFUSED = 111,

    /// <summary>The host is down.</summary>
    EHOSTDOWN = 112,

    /// <summary>The host is unreachable.</summary>
    EHOSTUNREACH = 113,

    /// <summary>The operation is under way already.</summary>
    EALREADY = 114,

    /// <summary>The operation has been started and goes on.</summary>
    EINPROGRESS = 115,

    /// <summary>The file handle is stale.</summary>
    ESTALE = 116,

    /// <summary>A quota is used up.</summary>
    EDQUOT = 122,

    /// <summary>The operation was canceled.</summary>
    ECANCELED = 125,
}
