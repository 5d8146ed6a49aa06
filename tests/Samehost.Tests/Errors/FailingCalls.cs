using Samehost.Interop;

namespace Samehost.Tests.Errors;

/// <summary>Makes a call on a real socket and returns the exception for the error of the kernel.</summary>
internal static class FailingCalls
{
    public static Descriptor Socket(int type = LibcSocket.SOCK_STREAM)
    {
        var result = LibcSocket.Socket(type, out var socket);
        return socket ?? throw new UnixSocketException((Errno)(-result), "socket");
    }

    public static Descriptor Bound(UnixEndPoint endPoint, int type = LibcSocket.SOCK_STREAM)
    {
        var socket = Socket(type);
        return Bind(socket, endPoint) is { } failure ? throw failure : socket;
    }

    public static Descriptor Listening(UnixEndPoint endPoint, int backlog = 10)
    {
        var socket = Bound(endPoint);
        var result = LibcSocket.Listen(socket, backlog);
        return result < 0 ? throw new UnixSocketException((Errno)(-result), "listen", endPoint) : socket;
    }

    public static UnixSocketException? Bind(Descriptor socket, UnixEndPoint endPoint)
    {
        var address = new byte[LibcSocket.SockAddrSize];
        return Failure(LibcSocket.Bind(socket, address.AsSpan(0, endPoint.WriteSockAddr(address))), "bind", endPoint);
    }

    public static UnixSocketException? Connect(Descriptor socket, UnixEndPoint endPoint)
    {
        var address = new byte[LibcSocket.SockAddrSize];
        return Failure(LibcSocket.Connect(socket, address.AsSpan(0, endPoint.WriteSockAddr(address))), "connect", endPoint);
    }

    /// <summary>What connecting a new stream socket gives.</summary>
    public static UnixSocketException? Connect(UnixEndPoint endPoint)
    {
        using var socket = Socket();
        return Connect(socket, endPoint);
    }

    /// <summary>What binding a new stream socket gives.</summary>
    public static UnixSocketException? Bind(UnixEndPoint endPoint)
    {
        using var socket = Socket();
        return Bind(socket, endPoint);
    }

    private static UnixSocketException? Failure(int result, string operation, UnixEndPoint endPoint)
    {
        var failure = result < 0 ? new UnixSocketException((Errno)(-result), operation, endPoint) : null;
        _ = failure?.Hint; // found now, as the user whose call failed
        return failure;
    }
}
