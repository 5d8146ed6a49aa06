namespace Samehost.Errors;

/// <summary>Hints for abstract names, which have no file to look at.</summary>
internal static class AbstractHints
{
    public static string? For(Errno errno, string operation) => errno switch
    {
        Errno.ECONNREFUSED =>
            "Nobody listens at that abstract name in this network namespace: is the server running, in the same container, " +
            "and is the name the same to the last byte? ss -xl lists them.",
        Errno.EADDRINUSE =>
            "Another socket in this network namespace has that abstract name: ss -xlp shows whose. It is free again when that one closes.",
        Errno.EAGAIN when operation == "connect" => ConnectHints.BacklogFull,
        Errno.EPERM or Errno.EACCES =>
            "Abstract names have no permissions of their own: a security policy forbids it (SELinux, AppArmor, Landlock, seccomp).",
        _ => null,
    };
}
