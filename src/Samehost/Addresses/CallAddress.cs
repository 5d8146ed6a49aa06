using System.Globalization;
using System.Text;
using Samehost.Interop;

namespace Samehost.Addresses;

/// <summary>
/// The address of a call that reaches another socket: connect(2), sendto(2). Where the path is too long for it, the address is that of a
/// descriptor of the file in /proc, which stays open as long as this exists. No other process sees such an address, as the peer of a bound
/// socket would.
/// </summary>
internal readonly ref struct CallAddress : IDisposable
{
    private readonly Descriptor? _file;

    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="buffer">At least <see cref="LibcSocket.SockAddrSize"/> bytes.</param>
    public CallAddress(UnixEndPoint endPoint, Span<byte> buffer)
    {
        if (endPoint.FitsIntoCall)
        {
            Bytes = buffer[..endPoint.WriteSockAddr(buffer)];
            return;
        }
        Error = LibcFile.Open(endPoint.NameBytes.Span, LibcFile.O_PATH, 0, out _file);
        if (Error < 0)
            return;
        Error = 0;
        var link = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_file!.Number}");
        Bytes = buffer[..UnixEndPoint.FromPath(Encoding.ASCII.GetBytes(link)).WriteSockAddr(buffer)];
    }

    /// <summary>Zero, or the <c>-errno</c> with which the call fails.</summary>
    public int Error { get; }

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Connects a socket; 0 or <c>-errno</c>.</summary>
    public int Connect(Descriptor socket)
    {
        var result = Error < 0 ? Error : LibcSocket.Connect(socket, Bytes);
        // The file exists, since it is open: without /proc there is no way to it.
        return result == -(int)Errno.ENOENT && _file is not null ? -(int)Errno.ENAMETOOLONG : result;
    }

    public void Dispose() => _file?.Dispose();
}
