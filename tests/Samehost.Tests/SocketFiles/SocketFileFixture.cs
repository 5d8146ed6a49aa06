using Samehost.Interop;
using Samehost.SocketFiles;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.SocketFiles;

/// <summary>Sockets and files for one test, in a directory of its own.</summary>
public abstract class SocketFileFixture : IDisposable
{
    private readonly List<IDisposable> _open = [];

    private protected TestDirectory Temp { get; } = new();

    private protected string SocketPath => Temp["a.sock"];

    public void Dispose()
    {
        _open.ForEach(o => o.Dispose());
        Temp.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Descriptor NewSocket(int type = LibcSocket.SOCK_STREAM)
    {
        Assert.True(LibcSocket.Socket(type, out var socket) >= 0);
        _open.Add(socket!);
        return socket!;
    }

    /// <summary>Binds with the code under test.</summary>
    private protected SocketFile Bind(SocketFileOptions? options = null, string? path = null) =>
        SocketFile.Bind(NewSocket(), UnixEndPoint.FromPath(path ?? SocketPath), options);

    private protected UnixSocketException Refused(SocketFileOptions? options = null, string? path = null) =>
        Assert.Throws<UnixSocketException>(() => Bind(options, path));

    /// <summary>A socket that was bound by plain bind(2), as by a program that is not ours.</summary>
    private protected Descriptor PlainBind(int type = LibcSocket.SOCK_STREAM, string? path = null)
    {
        var socket = NewSocket(type);
        Assert.Equal(0, LibcSocket.Bind(socket, Address(path ?? SocketPath)));
        return socket;
    }

    /// <summary>The file of a server that has ended.</summary>
    private protected void LeaveStaleFile(string? path = null) => PlainBind(path: path).Dispose();

    private protected static byte[] Address(string path)
    {
        Span<byte> buffer = stackalloc byte[LibcSocket.SockAddrSize];
        return buffer[..UnixEndPoint.FromPath(path).WriteSockAddr(buffer)].ToArray();
    }

    private protected static FileStatus StatusOf(string path)
    {
        Assert.Equal(0, LibcFile.LinkStatus(System.Text.Encoding.UTF8.GetBytes(path), out var status));
        return status;
    }
}
