namespace Samehost.Inspection;

/// <summary>What kinds and states are called in text.</summary>
internal static class SocketWords
{
    public static string Of(UnixSocketKind kind) => kind switch
    {
        UnixSocketKind.Stream => "stream",
        UnixSocketKind.Datagram => "datagram",
        UnixSocketKind.Seqpacket => "seqpacket",
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
