using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Samehost.Tool.Transfer;

/// <summary>Bytes over TCP.</summary>
internal sealed class TcpStreamConnection(Socket socket) : ToolConnection
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    public override bool KeepsRecords => false;

    public override SafeHandle Handle => socket.SafeHandle;

    public override async ValueTask<int> ReceiveAsync(LentBuffer buffer, CancellationToken stop)
    {
        int got = await _stream.ReadAsync(buffer.GetMemory(), stop);
        buffer.Advance(got);
        return got > 0 ? got : -1;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => _stream.WriteAsync(bytes, stop);

    public override void EndSending() => socket.Shutdown(SocketShutdown.Send);

    public override void Dispose() => _stream.Dispose();
}
