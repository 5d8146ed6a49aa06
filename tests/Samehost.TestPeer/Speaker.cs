using System.Runtime.InteropServices;

namespace Samehost.TestPeer;

/// <summary>A client of one socket type.</summary>
internal abstract class Speaker : IDisposable
{
    public abstract void Connect(UnixEndPoint remote);

    public abstract void Say(byte[] bytes, SafeHandle[] descriptors);

    public virtual void Claim(UnixCredentials credentials, byte[] bytes) => throw new NotSupportedException();

    /// <summary>Null at the end.</summary>
    public abstract byte[]? Hear();

    public abstract void Dispose();
}

internal sealed class StreamSpeaker : Speaker
{
    private UnixStream? _stream;

    public override void Connect(UnixEndPoint remote)
    {
        _stream?.Dispose();
        _stream = UnixStream.Connect(remote);
    }

    public override void Say(byte[] bytes, SafeHandle[] descriptors) => _stream!.Send(bytes, descriptors);

    public override byte[]? Hear()
    {
        byte[] buffer = new byte[4096];
        int count = _stream!.Read(buffer);
        return count == 0 ? null : buffer[..count];
    }

    public override void Dispose() => _stream?.Dispose();
}

internal sealed class SeqpacketSpeaker : Speaker
{
    private UnixSeqpacket? _socket;

    public override void Connect(UnixEndPoint remote)
    {
        _socket?.Dispose();
        _socket = UnixSeqpacket.Connect(remote);
    }

    public override void Say(byte[] bytes, SafeHandle[] descriptors) => _socket!.Send(bytes, descriptors);

    public override byte[]? Hear()
    {
        byte[] buffer = new byte[4096];
        using var record = _socket!.Receive(buffer);
        return record.IsEnd ? null : buffer[..record.Count];
    }

    public override void Dispose() => _socket?.Dispose();
}

/// <summary>Binds a name of its own, so that it can be answered.</summary>
internal sealed class DatagramSpeaker : Speaker
{
    private readonly UnixDatagram _socket = UnixDatagram.Bind(UnixEndPoint.Autobind, new() { PeerPolicy = PeerPolicy.Anyone });

    public override void Connect(UnixEndPoint remote) => _socket.Connect(remote);

    public override void Say(byte[] bytes, SafeHandle[] descriptors) => _socket.Send(bytes, descriptors);

    public override void Claim(UnixCredentials credentials, byte[] bytes) =>
        _socket.Send(bytes, new UnixAncillaryData { Credentials = credentials });

    public override byte[]? Hear()
    {
        byte[] buffer = new byte[4096];
        return buffer[.._socket.Receive(buffer).Count];
    }

    public override void Dispose() => _socket.Dispose();
}
