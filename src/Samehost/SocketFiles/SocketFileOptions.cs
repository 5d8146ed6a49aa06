namespace Samehost;

/// <summary>Specifies the permissions of a socket file, and which existing files are replaced. With the defaults only the same user and
/// root can connect.</summary>
/// <remarks>The options apply to pathname sockets only (unix(7), "Pathname socket ownership"), and are copied when a socket is
/// bound.</remarks>
public sealed class SocketFileOptions
{
    internal const UnixFileMode AllPermissions = (UnixFileMode)0x1FF;

    /// <summary>Gets or sets the permissions of the socket file, regardless of the umask; 0600 by default.</summary>
    /// <remarks>Connecting requires write permission on the file and search permission on the directories above it. The file never has
    /// more permissions than these, not even while it is created (fchmod(2)).</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The mode has bits other than the nine permissions.</exception>
    public SocketFileMode Mode
    {
        get;
        set => field = ((UnixFileMode)value & ~AllPermissions) == 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A socket file has only the nine permission bits (0777).");
    } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Gets or sets the group of the socket file, a name or else a number; if null, which is the default, the kernel
    /// determines it.</summary>
    /// <remarks>It has an effect with a <see cref="Mode"/> such as 0660 only. The process has to be a member of the group or have CAP_CHOWN
    /// (chown(2)); otherwise binding fails with EPERM and leaves no file.</remarks>
    public string? Group { get; set; }

    /// <summary>Gets or sets a value that indicates whether to bind where other users may replace the file, or a directory or symbolic link
    /// of its path; false by default: binding there fails with EPERM, and the hint names the directory.</summary>
    /// <remarks>That is the case if the parent directory, a directory above it, or one that a symbolic link of the path is in or leads
    /// through is writable by others and has no sticky bit. The mode decides and not the owner, which user namespaces change. For a path
    /// relative to the working directory, the directories above that one count as well.</remarks>
    public bool AllowUnsafeDirectory { get; set; }

    /// <summary>Gets or sets a value that indicates whether a stale socket file, one that no socket is bound to, is replaced; true by
    /// default.</summary>
    /// <remarks>Other files, directories, symbolic links, live sockets, and sockets of which it is unknown are left untouched.</remarks>
    public bool ReplaceStale { get; set; } = true;

    /// <summary>Gets or sets a value that indicates whether a listener replaces any socket at the path, including a live one; false by
    /// default.</summary>
    /// <remarks>
    /// <para>The socket is bound under a temporary name in the same directory (a dot and eight characters) and moved to the path by
    /// rename(2) when it listens, so that clients can connect at every moment. The previous server keeps its socket and the clients in its
    /// backlog; stop it afterwards. Files, directories and symbolic links are left untouched: EADDRINUSE.</para>
    /// <para>The kernel keeps the temporary name, and reports it to clients as their remote address. A process that is killed between the
    /// bind and the rename leaves its file under that name.</para>
    /// </remarks>
    public bool ReplaceLive { get; set; }

    /// <summary>Gets or sets how long to wait for other processes that are replacing a stale file in the same directory; 5 seconds by
    /// default. Binding then fails with EAGAIN. Zero tries once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative or longer than a day.</exception>
    public TimeSpan LockTimeout
    {
        get;
        set => field = value >= TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The time to wait is between zero and a day.");
    } = TimeSpan.FromSeconds(5);

    internal SocketFileOptions Copy() => (SocketFileOptions)MemberwiseClone();
}
