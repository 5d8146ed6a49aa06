using Samehost.Interop;

namespace Samehost.Tool.Relays;

/// <summary>A connection to a client or to the server, with the socket that keeps it open and what can be said of who is there.</summary>
internal sealed record RelayPeer(RelayEnd End, IDisposable Owner, string Who) : IDisposable
{
    /// <summary>Who it is as the kernel tells; null over TCP.</summary>
    public PeerCredentials? Credentials { get; private init; }

    /// <summary>It is this process that is at the other end.</summary>
    public bool IsOurselves => Credentials?.ProcessId == Environment.ProcessId;

    public static RelayPeer Of(UnixStream stream) =>
        Local((Descriptor)stream.Handle, stream, stream.GetPeerCredentials(), hasRecords: false);

    public static RelayPeer Of(UnixSeqpacket connection) =>
        Local((Descriptor)connection.Handle, connection, connection.GetPeerCredentials(), hasRecords: true);

    public void Dispose() => Owner.Dispose();

    private static RelayPeer Local(Descriptor socket, IDisposable owner, PeerCredentials credentials, bool hasRecords) =>
        new(new RelayEnd(socket, isLocal: true, hasRecords), owner, credentials.ToString()) { Credentials = credentials };
}
