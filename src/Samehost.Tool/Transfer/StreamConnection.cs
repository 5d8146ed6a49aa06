using System.Runtime.InteropServices;

namespace Samehost.Tool.Transfer;

/// <summary>Bytes without bounds.</summary>
internal sealed class StreamConnection(UnixStream stream) : ToolConnection
{
    public override bool KeepsRecords => false;

    public override SafeHandle Handle => stream.Handle;

    public override async ValueTask<int> ReceiveAsync(LentBuffer buffer, CancellationToken stop) =>
        await stream.ReadAsync(buffer, stop) is > 0 and int got ? got : -1;

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => stream.WriteAsync(bytes, stop);

    public override void EndSending() => stream.ShutdownWrite();

    public override void Dispose() => stream.Dispose();
}
