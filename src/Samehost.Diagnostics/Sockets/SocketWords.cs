using System.Net.Sockets;
namespace Samehost.Diagnostics.Sockets;

/// <summary>What kinds and states are called in text.</summary>
internal static class SocketWords
{
    public static string Of(SocketType kind) => kind switch
    {
        SocketType.Stream => "stream",
        SocketType.Dgram => "datagram",
        SocketType.Seqpacket => "seqpacket",
        _ => $"type {(int)kind}",
    };

    public static string Of(UnixSocketState state) => state switch
    {
        UnixSocketState.Listening => "listening",
        UnixSocketState.Connected => "connected",
        UnixSocketState.Unconnected => "unconnected",
        _ => $"state {(int)state}",
    };
}
