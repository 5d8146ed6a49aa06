using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>What is at a path already, held so that its inode number cannot be given to another file meanwhile.</summary>
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
    public static int Pin(ReadOnlySpan<byte> path, out ExistingFile? occupant)
    {
        occupant = null;
        int result = LibcFile.Open(path, LibcFile.O_PATH | LibcFile.O_NOFOLLOW, 0, out Descriptor? pinned);
        if (result < 0)
            return result;
        result = LibcFile.Status(pinned!, out FileStatus status);
        if (result < 0)
        {
            pinned!.Dispose();
            return result;
        }
        occupant = new ExistingFile(pinned!, status);
        return 0;
    }

    /// <summary>Whether a socket is bound to this file.</summary>
    /// <param name="binding">Where to ask if there is no /proc; without it the answer is unclear then.</param>
    /// <param name="result">What connect returned.</param>
    public SocketLiveness Probe(BindRequest? binding, out int result) =>
        SocketProbe.Ask(_pinned, binding is null ? [] : binding.Address, out result);

    public void Dispose() => _pinned.Dispose();
}
