using System.Net.Sockets;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>What has to be true of every failure.</summary>
internal static class Failures
{
    private static readonly Dictionary<Errno, (SocketError Code, string Text)> Expected = new()
    {
        [Errno.EPERM] = (SocketError.AccessDenied, "Operation not permitted (1)"),
        [Errno.ENOENT] = (SocketError.AddressNotAvailable, "No such file or directory (2)"),
        [Errno.EAGAIN] = (SocketError.WouldBlock, "Resource temporarily unavailable (11)"),
        [Errno.EACCES] = (SocketError.AccessDenied, "Permission denied (13)"),
        [Errno.ENOTDIR] = (SocketError.AddressNotAvailable, "Not a directory (20)"),
        [Errno.EPIPE] = (SocketError.Shutdown, "Broken pipe (32)"),
        [Errno.ENAMETOOLONG] = (SocketError.InvalidArgument, "File name too long (36)"),
        [Errno.ELOOP] = (SocketError.AddressNotAvailable, "Too many levels of symbolic links (40)"),
        [Errno.EMSGSIZE] = (SocketError.MessageSize, "Message too long (90)"),
        [Errno.EPROTOTYPE] = (SocketError.ProtocolType, "Protocol wrong type for socket (91)"),
        [Errno.EADDRINUSE] = (SocketError.AddressAlreadyInUse, "Address already in use (98)"),
        [Errno.ECONNRESET] = (SocketError.ConnectionReset, "Connection reset by peer (104)"),
        [Errno.ENOTCONN] = (SocketError.NotConnected, "Transport endpoint is not connected (107)"),
        [Errno.ETIMEDOUT] = (SocketError.TimedOut, "Connection timed out (110)"),
        [Errno.ECONNREFUSED] = (SocketError.ConnectionRefused, "Connection refused (111)"),
    };

    public static void Is(Errno errno, string operation, UnixSocketException? failure, UnixEndPoint? endPoint = null)
    {
        Assert.NotNull(failure);
        Assert.Equal(errno, failure.Errno);
        Assert.Equal(operation, failure.Operation);
        Assert.Equal((int)errno, failure.ErrorCode);
        Assert.Equal(Expected[errno].Code, failure.SocketErrorCode);
        Assert.Equal($"{operation} failed: {Expected[errno].Text}", failure.Summary);
        Assert.StartsWith(failure.Summary, failure.Message, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(failure.Hint), $"{failure.Summary} has no hint");
        if (endPoint is not null)
            Assert.Equal(endPoint, failure.EndPoint);
    }

    /// <summary>Streams report ours inside an <see cref="IOException"/>, as <see cref="NetworkStream"/> does.</summary>
    public static void IsStreamFailure(Errno errno, string operation, IOException failure)
    {
        Is(errno, operation, Assert.IsType<UnixSocketException>(failure.InnerException));
        Assert.Equal(failure.InnerException!.Message, failure.Message);
    }
}
