namespace Samehost;

/// <summary>Options of the file of a pathname socket. The defaults let only the same user and root connect.</summary>
/// <remarks>They do not apply to other kinds of address, which have no file, and are copied when a socket is bound. See unix(7), "Pathname
/// socket ownership".</remarks>
public sealed class SocketFileOptions
{
    private const UnixFileMode AllPermissions = (UnixFileMode)0x1FF;

    /// <summary>
    /// The permissions of the socket file, exactly as given whatever the umask is; 0600 by default. To connect takes write
    /// permission on the file and search permission on the directories above it. The file never has more than this, not even
    /// for a moment: see fchmod(2).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The mode has bits other than the nine permissions.</exception>
    public UnixFileMode Mode
    {
        get;
        set => field = (value & ~AllPermissions) == 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A socket file has only the nine permission bits (0777).");
    } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// The group that the file is given to, by name or else by number, or null (the default) to leave it as the directory makes it.
    /// It takes a <see cref="Mode"/> such as 0660 to be of use. To give a file away a process has to be a member of the group
    /// or have CAP_CHOWN, see chown(2); otherwise binding fails with EPERM and leaves nothing behind.
    /// </summary>
    public string? Group { get; set; }

    /// <summary>
    /// Whether to bind where every user may replace the file, or a directory or symbolic link on the way to it: where the parent directory,
    /// a directory above it, or one that a symbolic link of the path lies in or leads through is writable by others and has no sticky bit.
    /// False by default: binding there fails with EPERM, and the hint names the directory.
    /// </summary>
    /// <remarks>The mode decides, not the owner, which user namespaces change. For a path relative to the working directory
    /// the directories above that one count as well.</remarks>
    public bool AllowUnsafeDirectory { get; set; }

    /// <summary>
    /// Whether the file of a server that has ended is replaced; true by default. Only a socket file that no socket is bound to
    /// is ever replaced: files, directories, symbolic links, live sockets and those of which it cannot be known are left untouched.
    /// </summary>
    public bool ReplaceStale { get; set; } = true;

    /// <summary>
    /// Whether a new socket replaces any socket at the path, also a live one; false by default, and only for listeners.
    /// The socket is bound under a name of its own in the same directory (a dot and eight characters) and moved over the path by
    /// rename(2) when it listens, so no client finds the path empty. The server that was there keeps its socket and the clients that wait
    /// in its backlog; stop it afterwards. Files, directories and symbolic links are left untouched: EADDRINUSE.
    /// </summary>
    /// <remarks>The kernel keeps the name of the bind, and reports it to clients as their remote address. A process killed
    /// between the bind and the rename leaves its file under that name.</remarks>
    public bool ReplaceLive { get; set; }

    /// <summary>
    /// How long to wait for other processes that are replacing a stale file in the same directory; 5 seconds by default.
    /// After that binding fails with EAGAIN. Zero tries once.
    /// </summary>
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
