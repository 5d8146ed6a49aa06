using System.Net;

namespace Samehost.Errors;

/// <summary>
/// What to look at when a call failed, by errno, call and address. Where the answer depends on the path, the file system is
/// looked at here, when the failure is already a fact: it may have changed since, so nothing is decided by it.
/// </summary>
internal static class Hints
{
    public static string? For(Errno errno, string operation, EndPoint? endPoint)
    {
        string text = endPoint?.ToString() ?? "";
        if (text.StartsWith('@'))
            return AbstractHints.For(errno, operation) ?? General(errno, operation);
        if (text is "(unnamed)" or "(autobind)" && errno == Errno.EINVAL)
            return "This address leads nowhere: give a path or an abstract name.";

        // A path whose printed form is escaped cannot be looked up by it; what follows then speaks in general terms.
        string? path = text.StartsWith('/') && !text.Contains("\\x", StringComparison.Ordinal) ? text : null;
        string? special = operation == "bind" ? BindHints.For(errno, path) : ConnectHints.For(errno, path, operation);
        return special ?? General(errno, operation);
    }

    private static string? General(Errno errno, string operation) => errno switch
    {
        Errno.EPROTOTYPE =>
            "The socket there is of another type: a stream, datagram or seqpacket socket can only reach one of its own type.",
        Errno.ENAMETOOLONG =>
            "A path has at most 107 bytes here, and a file name 255: use a shorter one.",
        Errno.ELOOP =>
            "Symbolic links on the path lead in a circle, or too many follow one another: namei -l PATH shows each step.",
        Errno.EAGAIN when operation is "send" or "write" =>
            "The receiver's queue is full: it reads more slowly than this side sends. Wait and try again.",
        Errno.EAGAIN when operation is "read" or "receive" or "accept" =>
            "Nothing has arrived yet, or the time that was set for waiting is over.",
        Errno.EMFILE =>
            "This process has as many open files as it may: close some, look for a leak in /proc/PID/fd, or raise ulimit -n.",
        Errno.ENFILE =>
            "The whole system has as many open files as it may: see /proc/sys/fs/file-nr and raise fs.file-max.",
        Errno.EMSGSIZE =>
            "The message is larger than the send buffer allows: send smaller ones, raise SO_SNDBUF (limit: net.core.wmem_max), " +
            "or use a stream.",
        Errno.EPIPE =>
            "The other side has closed the connection or has stopped reading: what is sent now cannot arrive.",
        Errno.ECONNRESET =>
            "The other side closed, or died, before it had read everything that was sent to it.",
        Errno.ECONNREFUSED =>
            "The receiver has closed its socket, or has restarted with a new one: connect again.",
        Errno.ENOTCONN =>
            "The socket is not connected: connect it first, and connect a datagram socket again after its receiver restarted.",
        Errno.EISCONN =>
            "The socket is connected or bound already: use a new one.",
        Errno.EDESTADDRREQ =>
            "The socket is not connected: connect it, or say where each message goes.",
        Errno.ETIMEDOUT =>
            "The other side did not answer in the time that was set: it may be busy, stopped or waiting itself.",
        Errno.ENOBUFS or Errno.ENOMEM =>
            "The kernel has no memory for it: look at free memory and at this control group's limit.",
        Errno.ETOOMANYREFS =>
            "Too many descriptors are on their way in messages that nobody has received: let the receiver read first.",
        Errno.EPERM when operation == "send" =>
            "The receiver does not accept descriptors, or it is a datagram socket that is connected to somebody else, " +
            "or the credentials sent are not ours to send.",
        Errno.EPERM =>
            "A security policy forbids it (SELinux, AppArmor, seccomp or a container's settings): see the system's audit log.",
        Errno.ENOTSOCK =>
            "The descriptor is something else than a socket: check which number was passed.",
        Errno.EAFNOSUPPORT =>
            "Local sockets are switched off here (RestrictAddressFamilies= of a systemd service, seccomp), " +
            "or the socket is of another family.",
        _ => null,
    };
}
