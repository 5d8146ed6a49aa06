using Samehost.EventLoops;

namespace Samehost.Sockets;

/// <summary>A receive of many datagrams that may have to wait for the first.</summary>
internal sealed class ReceiveBatchOperation(DatagramState datagram) : PendingOperation<int>
{
    private UnixDatagramBatch? _batch;

    public static ReceiveBatchOperation For(DatagramState datagram, UnixDatagramBatch batch)
    {
        var operation = datagram.BatchReceives.Take() ?? new ReceiveBatchOperation(datagram);
        operation._batch = batch;
        return operation;
    }

    internal override bool TryPerform(ref bool drained)
    {
        int result = _batch!.Receive(datagram.Core.Descriptor, datagram.Policy);
        if (result == BlockingCall.Again)
            return false;
        if (result < 0)
            SetOutcome(DatagramState.Failure(result, "receive"));
        else
        {
            SetOutcome(_batch.Count);
            drained = _batch.HasEmptiedQueue;
        }

        return true;
    }

    protected override void Recycle()
    {
        _batch = null;
        base.Recycle();
        datagram.BatchReceives.Return(this);
    }
}

/// <summary>A send of many datagrams that waits for room as often as it takes.</summary>
internal sealed class SendBatchOperation(DatagramState datagram) : PendingOperation<int>
{
    private UnixDatagramBatch? _batch;
    private int _sent;

    public static SendBatchOperation For(DatagramState datagram, UnixDatagramBatch batch)
    {
        var operation = datagram.BatchSends.Take() ?? new SendBatchOperation(datagram);
        operation._batch = batch;
        operation._sent = 0;
        return operation;
    }

    internal override bool TryPerform(ref bool drained)
    {
        int result = datagram.SendBatch(_batch!, ref _sent);
        if (result == BlockingCall.Again)
            return false;
        if (result < 0)
            SetOutcome(DatagramState.Failure(result, "send", datagram.Remote));
        else
            SetOutcome(_sent);
        return true;
    }

    protected override void Recycle()
    {
        _batch = null;
        base.Recycle();
        datagram.BatchSends.Return(this);
    }
}

/// <summary>The same for a thread that blocks.</summary>
internal readonly struct ReceiveBatchCall(DatagramState datagram, UnixDatagramBatch batch) : IBlockingCall
{
    public int Try() => batch.Receive(datagram.Core.Descriptor, datagram.Policy);
}

/// <inheritdoc cref="ReceiveBatchCall"/>
internal struct SendBatchCall(DatagramState datagram, UnixDatagramBatch batch) : IBlockingCall
{
    private int _sent;

    public int Try() => datagram.SendBatch(batch, ref _sent);
}
