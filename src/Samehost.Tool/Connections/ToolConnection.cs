using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Samehost.Tool.Interop;
using Samehost.Tool.Terminal;

namespace Samehost.Tool.Connections;

/// <summary>A connection, whatever its type, as a command uses it.</summary>
internal abstract class ToolConnection : IDisposable
{
    /// <summary>True where what is sent at once is received at once.</summary>
    public abstract bool KeepsRecords { get; }

    public abstract SafeHandle Handle { get; }

    /// <summary>Receives bytes or a record; −1 at the end. While it waits the buffer is not rented.</summary>
    public abstract ValueTask<int> ReceiveAsync(OnDemandBuffer buffer, CancellationToken stop);

    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop);

    /// <summary>Tells the peer that nothing more will come.</summary>
    public abstract void EndSending();

    /// <summary>Reads give what has arrived, and then the end.</summary>
    public void StopReading()
    {
        if (!Handle.IsClosed)
            LibcConnection.StopReading(Handle);
    }

    public abstract void Dispose();

    public static ToolConnection Of(UnixStream stream) => new StreamConnection(stream);

    public static ToolConnection Of(UnixSeqpacket seqpacket) => new SeqpacketConnection(seqpacket);
}

/// <summary>Bytes without bounds.</summary>
internal sealed class StreamConnection(UnixStream stream) : ToolConnection
{
    public override bool KeepsRecords => false;

    public override SafeHandle Handle => stream.Handle;

    public override async ValueTask<int> ReceiveAsync(OnDemandBuffer buffer, CancellationToken stop) =>
        await stream.ReadAsync(buffer, stop) is > 0 and int got ? got : -1;

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => stream.WriteAsync(bytes, stop);

    public override void EndSending() => stream.ShutdownWrite();

    public override void Dispose() => stream.Dispose();
}

/// <summary>Records over a connection.</summary>
internal sealed class SeqpacketConnection(UnixSeqpacket seqpacket) : ToolConnection
{
    public override bool KeepsRecords => true;

    public override SafeHandle Handle => seqpacket.Handle;

    public override async ValueTask<int> ReceiveAsync(OnDemandBuffer buffer, CancellationToken stop)
    {
        using UnixMessage record = await seqpacket.ReceiveAsync(buffer, cancellationToken: stop);
        if (record.IsTruncated)
            TerminalWriter.WriteError($"a record of {record.Length} bytes was cut to {record.Count}");
        return record.IsEnd ? -1 : record.Count;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) =>
        seqpacket.SendAsync(bytes, cancellationToken: stop);

    public override void EndSending() => seqpacket.ShutdownWrite();

    public override void Dispose() => seqpacket.Dispose();
}

/// <summary>Datagrams to and from one address; there is no end that a peer could tell of.</summary>
internal sealed class DatagramConnection(UnixDatagram datagram) : ToolConnection
{
    public override bool KeepsRecords => true;

    public override SafeHandle Handle => datagram.Handle;

    public override async ValueTask<int> ReceiveAsync(OnDemandBuffer buffer, CancellationToken stop)
    {
        UnixDatagramReceiveResult got = await datagram.ReceiveAsync(buffer.GetMemory(), stop);
        if (got.IsTruncated)
            TerminalWriter.WriteError($"a datagram of {got.Length} bytes was cut to {got.Count}");
        return got.Count;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => datagram.SendAsync(bytes, stop);

    public override void EndSending()
    {
        // Nobody would be told.
    }

    public override void Dispose() => datagram.Dispose();
}

/// <summary>Bytes over TCP.</summary>
internal sealed class TcpStreamConnection(Socket socket) : ToolConnection
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    public override bool KeepsRecords => false;

    public override SafeHandle Handle => socket.SafeHandle;

    public override async ValueTask<int> ReceiveAsync(OnDemandBuffer buffer, CancellationToken stop)
    {
        int got = await _stream.ReadAsync(buffer.GetMemory(), stop);
        buffer.Advance(got);
        return got > 0 ? got : -1;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => _stream.WriteAsync(bytes, stop);

    public override void EndSending() => socket.Shutdown(SocketShutdown.Send);

    public override void Dispose() => _stream.Dispose();
}

/// <summary>
/// A buffer that a connection has only while there is something in it: rented when a receive looks for data, and returned at once where
/// there is none. A connection that waits has no buffer.
/// </summary>
internal sealed class OnDemandBuffer(int size) : IBufferWriter<byte>, IDisposable
{
    private byte[]? _rented;

    /// <summary>What was received, until <see cref="Return"/>.</summary>
    public ReadOnlyMemory<byte> Received(int count) => _rented.AsMemory(0, count);

    public Memory<byte> GetMemory(int sizeHint = 0) => (_rented ??= ArrayPool<byte>.Shared.Rent(size)).AsMemory(0, size);

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int count)
    {
        if (count == 0)
            Return();
    }

    public void Dispose() => Return();

    /// <summary>Ends the use of what was received.</summary>
    public void Return()
    {
        if (_rented is not { } rented)
            return;
        _rented = null;
        ArrayPool<byte>.Shared.Return(rented);
    }
}
