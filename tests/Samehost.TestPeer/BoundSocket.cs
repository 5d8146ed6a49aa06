using Samehost.Interop;
using Samehost.SocketFiles;

namespace Samehost.TestPeer;

/// <summary>A socket that was bound to a path with <see cref="SocketFile"/>, and listens.</summary>
internal sealed class BoundSocket : IDisposable
{
    private readonly Descriptor _socket;
    private readonly SocketFile _file;

    public BoundSocket(PeerArguments arguments)
    {
        int result = LibcSocket.Socket(LibcSocket.SOCK_STREAM, out Descriptor? socket);
        _socket = socket ?? throw new UnixSocketException((Errno)(-result), "socket");
        try
        {
            _file = SocketFile.Bind(_socket, arguments.Path, arguments.SocketFile());
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
        result = LibcSocket.Listen(_socket, 16);
        if (result < 0)
            throw new UnixSocketException((Errno)(-result), "listen");
    }

    /// <summary>Goes away as a killed process does: the file stays.</summary>
    public void Abandon()
    {
        _file.Forget();
        _socket.Dispose();
    }

    public void Dispose()
    {
        _file.Dispose();
        _socket.Dispose();
    }
}
