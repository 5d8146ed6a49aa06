using System.Net;
using System.Net.Sockets;
using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.Errors;

/// <summary>
/// The hint for a failed call, by errno, call and address. Where the answer depends on the address, the call is explained anew, for the
/// user of this thread and as <c>samehost explain</c> does it. The hint is taken from there if the explanation comes to the same errno;
/// otherwise the address has changed since, and the hint reports that.
/// </summary>
internal static class Hints
{
    private const int FamilySize = sizeof(ushort);

    public static string? For(Errno errno, string operation, EndPoint? endPoint, int? socketType = null)
    {
        var isBind = operation == "bind";
        if (endPoint is null || !(isBind || operation is "connect" or "send"))
            return General(errno, operation);
        var native = endPoint.Serialize();
        if (native.Family != AddressFamily.Unix)
            return General(errno, operation);
        if (Read(native) is not { } address)
            return errno == Errno.EINVAL ? "This address leads nowhere: give a path or an abstract name." : General(errno, operation);
        if (!DependsOnAddress(errno) || FileCredentials.OfThisThread(out var user, out _) < 0)
            return General(errno, operation);
        var type = operation == "send" ? LibcSocket.SOCK_DGRAM : socketType;
        using var explanation = isBind
            ? Explanation.Bind(address, user!, type, ProbeScope.Probe, allowUnsafeDirectory: true)
            : Explanation.Connect(address, user!, type, ProbeScope.Probe);
        return From(explanation, errno, operation, type);
    }

    private static string? From(Explanation explanation, Errno errno, string operation, int? type)
    {
        var verdict = explanation.Verdict;
        if (verdict.Outcome == VerdictOutcome.Fails && verdict.Errno == errno)
            return $"{verdict.Reason} {verdict.Remedy}";
        if (errno == Errno.EPROTOTYPE)
        {
            var known = explanation.Socket?.Type is { } other ? $" It is a {SocketTableEntry.TypeName(other)} socket." : "";
            return General(errno, operation) + known;
        }
        return verdict.Outcome switch
        {
            VerdictOutcome.Fails when IsOfUnknownType(explanation, errno, type, out var name) =>
                $"A {name} socket has the name, and a client of another type cannot connect to it. For a {name} client it would fail " +
                $"with {verdict.Errno} by now: {verdict.Reason} {verdict.Remedy}",
            VerdictOutcome.Fails when DependsOnAddress(verdict.Errno) && General(errno, operation) is null =>
                $"By now it would fail with {verdict.Errno}: {verdict.Reason} {verdict.Remedy}",
            VerdictOutcome.Works when IsOfUnknownType(explanation, errno, type, out var name) =>
                $"By now it seems to work for a {name} client: {verdict.Reason} Try again; a client of another type cannot connect to it.",
            VerdictOutcome.Works when errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ECONNREFUSED or Errno.EADDRINUSE or Errno.ELOOP =>
                $"By now it seems to work: {verdict.Reason} Try again.",
            VerdictOutcome.Works when errno == Errno.EACCES || (errno == Errno.EPERM && operation != "send") =>
                (explanation.Walk is null ? "An abstract name has no permissions." : "The permissions allow it by now.") +
                $" If it fails again, a security policy or a sandbox refuses it ({Sandbox.Names()})" +
                (operation == "bind" ? ", or the file system accepts no socket files: choose a path under /run or /tmp. " : ". ") +
                Sandbox.Look(),
            _ => General(errno, operation),
        };
    }

    /// <summary>Whether a client of another type is a possible reason: abstract names of different types are independent of each
    /// other.</summary>
    private static bool IsOfUnknownType(Explanation explanation, Errno errno, int? type, out string name)
    {
        var other = explanation is { Walk: null, Socket.Type: { } known } ? known : 0;
        name = SocketTableEntry.TypeName(other);
        return errno == Errno.ECONNREFUSED && type is null && other != 0;
    }

    /// <summary>Whether an errno can come from the path or name, and not only from this process or its system.</summary>
    private static bool DependsOnAddress(Errno errno) => errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES or Errno.EPERM
        or Errno.ECONNREFUSED or Errno.EADDRINUSE or Errno.ELOOP or Errno.ENAMETOOLONG or Errno.EPROTOTYPE or Errno.EAGAIN
        or Errno.EROFS or Errno.ENOSPC or Errno.EBUSY;

    /// <summary>The path or abstract name of an endpoint; null when it has neither.</summary>
    private static ExplainedAddress? Read(SocketAddress address)
    {
        if (address.Size <= FamilySize)
            return null;
        ReadOnlySpan<byte> name = address.Buffer.Span[FamilySize..address.Size];
        if (name[0] == 0)
            return name.Length > 1 ? new ExplainedAddress(IsAbstract: true, name[1..].ToArray()) : null;
        var end = name.IndexOf((byte)0);
        return new ExplainedAddress(IsAbstract: false, (end < 0 ? name : name[..end]).ToArray());
    }

    /// <summary>What an errno of a call means, whatever the address.</summary>
    private static string? General(Errno errno, string operation) => errno switch
    {
        Errno.EAGAIN when operation == "connect" =>
            "The server's backlog of waiting connections was full: it accepts too slowly or not at all. Wait and try again.",
        Errno.EROFS when operation == "bind" =>
            "The file system is read-only: choose a path under /run or /tmp.",
        Errno.EPERM when operation == "bind" =>
            "The file system accepts no socket files, or a security policy forbids it: choose a path under /run or /tmp.",
        Errno.ENOSPC or Errno.EDQUOT when operation == "bind" =>
            "There is no room for another file: see df -i, or the user's quota.",
        Errno.EPROTOTYPE =>
            "The socket there is of another type: a stream, datagram or seqpacket socket can only reach one of its own type.",
        Errno.ENAMETOOLONG =>
            "A path has at most 4,095 bytes, with links followed, and a file name 255: use a shorter one.",
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
            "The other side closed, or died, before it had read everything that was sent to it. A server closes like this also where its " +
            "policy does not allow the client's user.",
        Errno.ECONNREFUSED when operation != "connect" =>
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
            "Too many descriptors are in messages that have not been received: let the receiver read first.",
        Errno.EPERM when operation == "send" =>
            "The receiver does not accept descriptors, or it is a datagram socket that is connected to another peer, " +
            "or the credentials sent are not ours to send.",
        Errno.EPERM =>
            "A security policy forbids it (SELinux, AppArmor, seccomp or a container's settings): see the system's audit log.",
        Errno.ENOTSOCK =>
            "The descriptor is no socket: check which number was passed.",
        Errno.EAFNOSUPPORT =>
            "Local sockets are switched off here (RestrictAddressFamilies= of a systemd service, seccomp), " +
            "or the socket is of another family.",
        _ => null,
    };
}
