using System.Runtime.InteropServices;
using Samehost.Tool.Output;

namespace Samehost.Tool.Transfer;

/// <summary>Records over a connection.</summary>
internal sealed class SeqpacketConnection(UnixSeqpacket seqpacket) : ToolConnection
{
    public override bool KeepsRecords => true;

    public override SafeHandle Handle => seqpacket.Handle;

    public override async ValueTask<int> ReceiveAsync(LentBuffer buffer, CancellationToken stop)
    {
        using UnixMessage record = await seqpacket.ReceiveAsync(buffer, cancellationToken: stop);
        if (record.IsTruncated)
            Terminal.Error($"a record of {record.Length} bytes was cut to {record.Count}");
        return record.IsEnd ? -1 : record.Count;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) =>
        seqpacket.SendAsync(bytes, cancellationToken: stop);

    public override void EndSending() => seqpacket.ShutdownWrite();

    public override void Dispose() => seqpacket.Dispose();
}
