using System.Runtime.InteropServices;
using Samehost.Tool.Output;

namespace Samehost.Tool.Transfer;

/// <summary>Datagrams to and from one address; there is no end that a peer could tell of.</summary>
internal sealed class DatagramConnection(UnixDatagram datagram) : ToolConnection
{
    public override bool KeepsRecords => true;

    public override SafeHandle Handle => datagram.Handle;

    public override async ValueTask<int> ReceiveAsync(LentBuffer buffer, CancellationToken stop)
    {
        UnixDatagramReceiveResult got = await datagram.ReceiveAsync(buffer.GetMemory(), stop);
        if (got.IsTruncated)
            Terminal.Error($"a datagram of {got.Length} bytes was cut to {got.Count}");
        return got.Count;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => datagram.SendAsync(bytes, stop);

    public override void EndSending()
    {
        // Nobody would be told.
    }

    public override void Dispose() => datagram.Dispose();
}
