using Samehost.Interop;
using Samehost.Sockets;

namespace Samehost;

/// <content>Many datagrams with one call.</content>
public sealed partial class UnixDatagram
{
    /// <summary>Receives the datagrams that are there, at least one, blocking the thread until there is one (recvmmsg(2)).</summary>
    /// <param name="batch">Where they go; what it held is gone.</param>
    /// <returns>How many there are in the batch now.</returns>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public int ReceiveBatch(UnixDatagramBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var call = new ReceiveBatchCall(_state, batch);
        int result = BlockingCall.Run(_core, ref call, LibcPoll.POLLIN, ref _core.ReadBudget, Timeout.Infinite);
        return result >= 0 ? batch.Count : throw DatagramState.Failure(result, "receive");
    }

    /// <summary>Receives the datagrams that are there, at least one; otherwise as <see cref="ReceiveBatch"/>.</summary>
    /// <remarks>Cancel safe: a cancelled call has taken nothing.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public ValueTask<int> ReceiveBatchAsync(UnixDatagramBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _core.Readers.Run(ReceiveBatchOperation.For(_state, batch), cancellationToken);
    }

    /// <summary>Sends all datagrams of a batch to the connected peer, in order, blocking the thread while its queue is full
    /// (sendmmsg(2)).</summary>
    /// <param name="batch">What was added to it, or what it received: that is then sent on, as far as it is there.</param>
    /// <exception cref="UnixSocketException">As <see cref="Send"/>; those before the one that failed have been sent.</exception>
    public void SendBatch(UnixDatagramBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.PrepareToSend();
        var call = new SendBatchCall(_state, batch);
        int result = BlockingCall.Run(_core, ref call, LibcPoll.POLLOUT, ref _core.WriteBudget, Timeout.Infinite);
        if (result < 0)
            throw DatagramState.Failure(result, "send", RemoteEndPoint);
    }

    /// <summary>Sends all datagrams of a batch to the connected peer, in order, waiting while its queue is full (sendmmsg(2)).</summary>
    /// <remarks>Not cancel safe: a cancelled call may have sent some of them, the first ones.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="Send"/>; those before the one that failed have been sent.</exception>
    public ValueTask SendBatchAsync(UnixDatagramBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.PrepareToSend();
        return _core.Writers.RunWithoutResult(SendBatchOperation.For(_state, batch), cancellationToken);
    }
}
