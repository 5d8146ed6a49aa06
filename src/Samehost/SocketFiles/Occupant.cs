using System.Runtime.InteropServices;
using System.Text;
using Samehost.Interop;

namespace Samehost.SocketFiles;

/// <summary>What is at a path already, held so that its inode number cannot be given to another file meanwhile.</summary>
internal sealed class Occupant : IDisposable
{
    private readonly Descriptor _pinned;

    private Occupant(Descriptor pinned, FileStatus status)
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
    public static int Pin(ReadOnlySpan<byte> path, out Occupant? occupant)
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
        occupant = new Occupant(pinned!, status);
        return 0;
    }

    /// <summary>
    /// Whether a socket is bound to this file. A datagram socket asks, whatever the type of the other: a server of streams
    /// that serves one client would take a stream for that client, and a stream could not tell a socket that does not listen
    /// yet from none. Nothing arrives at the other side.
    /// </summary>
    /// <param name="binding">Where to ask if there is no /proc; without it the answer is unclear then.</param>
    /// <param name="result">What connect returned.</param>
    public SocketLife Probe(Binding? binding, out int result)
    {
        result = LibcSocket.Socket(LibcSocket.SOCK_DGRAM, out Descriptor? probe);
        if (result < 0)
            return SocketLife.Unclear;
        using (probe)
        {
            // Through /proc the question goes to the very inode that is held, whatever is at the path by now.
            result = LibcSocket.Connect(probe!, Address($"/proc/self/fd/{_pinned.Number}"));
            if (result is -(int)Errno.ENOENT or -(int)Errno.ENOTDIR && binding is not null)
                result = LibcSocket.Connect(probe!, binding.Address);
        }
        return result switch
        {
            >= 0 => SocketLife.Live, // a datagram socket
            -(int)Errno.EPERM => SocketLife.Live, // a datagram socket that is connected to somebody else
            -(int)Errno.EPROTOTYPE => SocketLife.Live, // a stream or seqpacket socket, listening or not yet
            -(int)Errno.ECONNREFUSED => SocketLife.Stale,
            _ => SocketLife.Unclear,
        };
    }

    public void Dispose() => _pinned.Dispose();

    private static byte[] Address(string path)
    {
        byte[] address = new byte[2 + path.Length + 1];
        MemoryMarshal.Write<ushort>(address, LibcSocket.AF_UNIX);
        Encoding.ASCII.GetBytes(path, address.AsSpan(2));
        return address;
    }
}
