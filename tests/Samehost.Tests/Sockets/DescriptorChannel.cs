using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tests.Sockets;

/// <summary>One direction between two sockets of a type, for tests that hold for all of them.</summary>
internal sealed class DescriptorChannel : IDisposable
{
    private readonly object _from;
    private readonly object _to;

    public DescriptorChannel(string type, bool accept = true)
    {
        switch (type)
        {
            case "stream":
                var (first, second) = UnixStream.CreatePair();
                second.AcceptDescriptors = accept;
                (_from, _to) = (first, second);
                break;
            case "seqpacket":
                var (one, other) = UnixSeqpacket.CreatePair();
                other.AcceptDescriptors = accept;
                (_from, _to) = (one, other);
                break;
            default:
                var (sender, receiver) = UnixDatagram.CreatePair();
                using (receiver)
                    (_from, _to) = (sender, UnixDatagram.FromDescriptor(receiver.SafeHandle, new() { AcceptDescriptors = accept }));
                break;
        }
    }

    public Descriptor Receiver => (Descriptor)(_to switch
    {
        UnixStream s => s.SafeHandle,
        UnixSeqpacket s => s.SafeHandle,
        _ => ((UnixDatagram)_to).SafeHandle,
    });

    public void Send(byte[] bytes, params SafeHandle[] handles)
    {
        switch (_from)
        {
            case UnixStream s:
                s.Send(bytes, handles);
                break;
            case UnixSeqpacket s:
                s.Send(bytes, handles);
                break;
            case UnixDatagram s:
                s.Send(bytes, new UnixAncillaryData { Descriptors = handles });
                break;
        }
    }

    public ValueTask SendAsync(byte[] bytes, params SafeHandle[] handles) => _from switch
    {
        UnixStream s => s.SendAsync(bytes, handles),
        UnixSeqpacket s => s.SendAsync(bytes, handles),
        _ => ((UnixDatagram)_from).SendAsync(bytes, new UnixAncillaryData { Descriptors = handles }),
    };

    public UnixMessage Receive(byte[] buffer, DescriptorOptions? options = null) => _to switch
    {
        UnixStream s => s.Receive(buffer, options),
        UnixSeqpacket s => s.Receive(buffer, options),
        _ => ((UnixDatagram)_to).Receive(buffer, options),
    };

    public ValueTask<UnixMessage> ReceiveAsync(byte[] buffer, DescriptorOptions? options = null) => _to switch
    {
        UnixStream s => s.ReceiveAsync(buffer, options),
        UnixSeqpacket s => s.ReceiveAsync(buffer, options),
        _ => ((UnixDatagram)_to).ReceiveAsync(buffer, options),
    };

    /// <summary>Receives bytes alone, as one does who expects no descriptors.</summary>
    public int ReceiveBytes(byte[] buffer) => _to switch
    {
        UnixStream s => s.Read(buffer),
        UnixSeqpacket s => s.Receive(buffer).Count,
        _ => ((UnixDatagram)_to).Receive(buffer).Count,
    };

    public void Dispose()
    {
        ((IDisposable)_from).Dispose();
        ((IDisposable)_to).Dispose();
    }
}
