using Samehost.Inspection;
using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>The existing file of a path, held open so that its inode number is not reused.</summary>
internal sealed class ExistingFile : IDisposable
{
    private readonly Descriptor _pinned;

    private ExistingFile(Descriptor pinned, FileStatus status)
    {
        _pinned = pinned;
        Status = status;
    }

    public FileStatus Status { get; }

    public bool IsSocket => Status.Type == FileStatus.S_IFSOCK;

    /// <summary>What it is, to begin a message with.</summary>
    public string Noun => Status.Type switch
    {
        FileStatus.S_IFREG => "A regular file",
        FileStatus.S_IFDIR => "A directory",
        FileStatus.S_IFLNK => "A symbolic link",
        FileStatus.S_IFSOCK => "A socket file",
        _ => "A special file",
    };

    /// <summary>Opens what is at the path itself, not what a link there leads to; returns zero or <c>-errno</c>.</summary>
    public static int Pin(ReadOnlySpan<byte> path, out ExistingFile? existing)
    {
        existing = null;
        var result = LibcFile.Open(path, LibcFile.O_PATH | LibcFile.O_NOFOLLOW, 0, out var pinned);
        if (result < 0)
            return result;
        result = LibcFile.Status(pinned!, out var status);
        if (result < 0)
        {
            pinned!.Dispose();
            return result;
        }
        existing = new ExistingFile(pinned!, status);
        return 0;
    }

    /// <summary>The file as the kernel's table of sockets has it.</summary>
    public FileId InSocketTable() => MountTable.InSocketTable(_pinned, Status.Id);

    /// <summary>Whether a socket is bound to this file.</summary>
    /// <param name="request">The address to probe if there is no /proc; without it the result is unclear then.</param>
    /// <param name="result">What connect returned.</param>
    public SocketLiveness Probe(BindRequest? request, out int result) =>
        SocketProbe.Ask(_pinned, request is null ? [] : request.Address, out result);

    /// <summary>The owner of the socket that is bound to a file, as far as this process may see, such as
    /// <c>pid 812 (redis-server), user redis</c>: for messages only, never for a decision.</summary>
    /// <param name="file">The file as the table has it.</param>
    /// <param name="isOwn">A further sentence if this process itself has the socket; otherwise empty.</param>
    public static string DescribeOwner(FileId file, out string isOwn)
    {
        isOwn = "";
        SocketTableEntry[] bound = SocketTable.TryRead(withProcesses: false) is not { } table ? []
            : [.. table.Sockets.Where(s => s.IsAt(file))];
        if (bound.Length == 0)
            return "a process that cannot be seen from here";
        // An accepted connection has the name and file of its listener: the one that is not connected is looked for.
        var socket = Array.Find(bound, s => !s.IsConnected) ?? bound[0];
        var user = socket.Row.User is { } id ? $"user {PrintableText.UserName(id)}" : "a user that cannot be seen from here";
        isOwn = DescribeOwn(bound, socket);
        return ProcessScan.FindOne(socket.Inode) is { } process
            ? $"pid {process.ProcessId} ({PrintableText.Of(process.Command)}), {user}"
            : $"a process of {user}";
    }

    /// <summary>A sentence for where this process has the socket itself, as one that a service manager has bound and passed.</summary>
    private static string DescribeOwn(SocketTableEntry[] bound, SocketTableEntry binder)
    {
        var own = ProcessScan.OwnDescriptors(bound.Select(s => s.Inode));
        if (own.TryGetValue(binder.Inode, out var descriptors))
        {
            return $" This process has that socket as descriptor {descriptors[0]}: it has bound the address already, or a service " +
                "manager has passed the socket, which is then to be taken and not bound (SystemdListenSockets.Find).";
        }

        // Of the connections only one that was inherited says something: a server has others as well.
        foreach (var descriptor in own.Values.SelectMany(d => d).Where(d => LibcFcntl.GetCloseOnExec(d) == 0))
        {
            return $" Descriptor {descriptor}, which this process has inherited, is a connection to it, as a socket unit with Accept=yes " +
                "passes: serve that one, or set Accept=no.";
        }

        return "";
    }

    public void Dispose() => _pinned.Dispose();
}
