using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Connections;

/// <summary>A connection of any type, as the commands use it.</summary>
/// <param name="handle">The descriptor of the socket.</param>
/// <param name="socket">The socket, which is disposed of with the connection.</param>
internal abstract class ToolConnection(SafeHandle handle, IDisposable socket) : IDisposable
{
    /// <summary>Whether message boundaries are preserved.</summary>
    public abstract bool PreservesMessages { get; }

    public Descriptor Handle { get; } = (Descriptor)handle;

    /// <summary>Receives bytes or a record; <see cref="IsEnd"/> recognizes the end. While it waits, the buffer is not rented.</summary>
    public abstract ValueTask<int> ReceiveAsync(OnDemandBuffer buffer, CancellationToken cancellationToken);

    /// <summary>Whether the result of <see cref="ReceiveAsync"/> is the end: −1, or 0 where no record can be empty.</summary>
    public bool IsEnd(int received) => received < 0 || (received == 0 && !PreservesMessages);

    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Shuts down the sending direction.</summary>
    public abstract void ShutdownSend();

    /// <summary>Shuts down the receiving direction: reads return what has arrived, and then the end.</summary>
    public void ShutdownReceive()
    {
        if (!Handle.IsClosed)
            _ = LibcSocket.Shutdown(Handle, LibcSocket.SHUT_RD);
    }

    public void Dispose() => socket.Dispose();

    public static ToolConnection Of(UnixStream stream) => new StreamConnection(stream);

    public static ToolConnection Of(UnixSeqpacket seqpacket) => new SeqpacketConnection(seqpacket);
}

/// <summary>A stream connection.</summary>
internal sealed class StreamConnection(UnixStream stream) : ToolConnection(stream.SafeHandle, stream)
{
    public override bool PreservesMessages => false;

    public override ValueTask<int> ReceiveAsync(OnDemandBuffer buffer, CancellationToken cancellationToken) =>
        stream.ReadAsync(buffer, cancellationToken);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        stream.WriteAsync(bytes, cancellationToken);

    public override void ShutdownSend() => stream.ShutdownWrite();
}

/// <summary>A seqpacket connection.</summary>
internal sealed class SeqpacketConnection(UnixSeqpacket seqpacket) : ToolConnection(seqpacket.SafeHandle, seqpacket)
{
    public override bool PreservesMessages => true;

    public override async ValueTask<int> ReceiveAsync(OnDemandBuffer buffer, CancellationToken cancellationToken)
    {
        using var record = await seqpacket.ReceiveAsync(buffer, cancellationToken: cancellationToken);
        if (record.IsTruncated)
            TerminalWriter.WriteError($"a record of {record.Length} bytes was cut to {record.Count}");
        return record.IsEnd ? -1 : record.Count;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        seqpacket.SendAsync(bytes, cancellationToken: cancellationToken);

    public override void ShutdownSend() => seqpacket.ShutdownWrite();
}

/// <summary>A datagram socket connected to one address; it has no end of stream.</summary>
internal sealed class DatagramConnection(UnixDatagram datagram) : ToolConnection(datagram.SafeHandle, datagram)
{
    public override bool PreservesMessages => true;

    public override async ValueTask<int> ReceiveAsync(OnDemandBuffer buffer, CancellationToken cancellationToken)
    {
        var got = await datagram.ReceiveAsync(buffer.GetMemory(), cancellationToken);
        if (got.IsTruncated)
            TerminalWriter.WriteError($"a datagram of {got.Length} bytes was cut to {got.Count}");
        return got.Count;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        datagram.SendAsync(bytes, cancellationToken);

    public override void ShutdownSend()
    {
        // A datagram peer cannot be notified.
    }
}

/// <summary>A TCP connection.</summary>
internal sealed class TcpStreamConnection(Socket socket)
    : ToolConnection(new Descriptor((int)socket.Handle, ownsHandle: false), socket)
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: false);

    public override bool PreservesMessages => false;

    public override async ValueTask<int> ReceiveAsync(OnDemandBuffer buffer, CancellationToken cancellationToken)
    {
        var got = await _stream.ReadAsync(buffer.GetMemory(), cancellationToken);
        buffer.Advance(got);
        return got;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _stream.WriteAsync(bytes, cancellationToken);

    public override void ShutdownSend() => socket.Shutdown(SocketShutdown.Send);
}

/// <summary>
/// A buffer that is rented only while it holds data: a receive rents it when it looks for data and returns it when there is none, so that a
/// waiting connection has no buffer.
/// </summary>
internal sealed class OnDemandBuffer(int size) : IBufferWriter<byte>, IDisposable
{
    private byte[]? _rented;

    /// <summary>Gets the received bytes, valid until <see cref="Return"/>.</summary>
    public ReadOnlyMemory<byte> Received(int count) => _rented.AsMemory(0, count);

    public Memory<byte> GetMemory(int sizeHint = 0) => (_rented ??= ArrayPool<byte>.Shared.Rent(size)).AsMemory(0, size);

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int count)
    {
        if (count == 0)
            Return();
    }

    public void Dispose() => Return();

    /// <summary>Returns the rented buffer.</summary>
    public void Return()
    {
        if (_rented is not { } rented)
            return;
        _rented = null;
        ArrayPool<byte>.Shared.Return(rented);
    }
}
