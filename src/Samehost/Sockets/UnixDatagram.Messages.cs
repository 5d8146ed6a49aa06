using Samehost.Interop;
using Samehost.Ancillary;
using Samehost.Sockets;

namespace Samehost;

/// <content>Ancillary data: who sent a datagram, and descriptors.</content>
public sealed partial class UnixDatagram
{
    /// <summary>Receives the next datagram with what came beside it, blocking the thread until there is one (recvmsg(2)).</summary>
    /// <param name="buffer">Where it goes. What does not fit is lost, and the result says so.</param>
    /// <param name="descriptors">Which descriptors to take, where they are accepted; <see cref="DescriptorOptions.Default"/> when
    /// null.</param>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public UnixMessage ReceiveMessage(Span<byte> buffer, DescriptorOptions? descriptors = null)
    {
        var call = new ReceiveMessageCall(_state.Messages, buffer, Wanted(descriptors));
        int result = BlockingCall.Run(_core, ref call, LibcPoll.POLLIN, ref _core.ReadBudget, Timeout.Infinite);
        return result >= 0 ? call.Message : throw DatagramState.Failure(result, "receive");
    }

    /// <summary>Receives the next datagram with what came beside it; otherwise as <see cref="ReceiveMessage"/>.</summary>
    /// <remarks>Cancel safe: a cancelled call has taken nothing.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="Receive"/>.</exception>
    public ValueTask<UnixMessage> ReceiveMessageAsync(
        Memory<byte> buffer, DescriptorOptions? descriptors = null, CancellationToken cancellationToken = default) =>
        _core.Readers.Run(ReceiveMessageOperation.For(_state.Messages, buffer, Wanted(descriptors)), cancellationToken);

    /// <summary>Sends one datagram with what goes beside it, blocking the thread while the queue is full.</summary>
    /// <param name="datagram">The bytes; may be empty.</param>
    /// <param name="ancillary">Descriptors and credentials.</param>
    /// <param name="remote">Whom to; the connected peer when null.</param>
    /// <exception cref="UnixSocketException">As <see cref="SendTo"/>; also EPERM (credentials that are not ours, or a receiver that does
    /// not
    /// accept descriptors) and ETOOMANYREFS (too many descriptors in flight).</exception>
    public void SendMessage(ReadOnlySpan<byte> datagram, UnixAncillaryData ancillary, UnixEndPoint? remote = null)
    {
        Check(ancillary, remote);
        int result = TrySend(datagram, ancillary, remote);
        if (result == BlockingCall.Again)
        {
            var room = _state.EnterRoom(remote ?? RemoteEndPoint);
            try
            {
                do
                {
                    room.Wait();
                    result = TrySend(datagram, ancillary, remote);
                }
                while (result == BlockingCall.Again);
            }
            finally
            {
                _state.LeaveRoom(room);
            }
        }

        if (result < 0)
            throw DatagramState.Failure(result, "send", remote ?? RemoteEndPoint);
    }

    /// <summary>Sends one datagram with what goes beside it; otherwise as <see cref="SendMessage"/>.</summary>
    /// <remarks>Cancel safe: a cancelled call has sent nothing.</remarks>
    /// <exception cref="UnixSocketException">As <see cref="SendMessage"/>.</exception>
    public async ValueTask SendMessageAsync(
        ReadOnlyMemory<byte> datagram, UnixAncillaryData ancillary, UnixEndPoint? remote = null, CancellationToken cancellationToken = default)
    {
        Check(ancillary, remote);
        cancellationToken.ThrowIfCancellationRequested();
        int result = TrySend(datagram.Span, ancillary, remote);
        if (result == BlockingCall.Again)
        {
            var room = _state.EnterRoom(remote ?? RemoteEndPoint);
            try
            {
                do
                {
                    await room.WaitAsync(cancellationToken).ConfigureAwait(false);
                    result = TrySend(datagram.Span, ancillary, remote);
                }
                while (result == BlockingCall.Again);
            }
            finally
            {
                _state.LeaveRoom(room);
            }
        }

        if (result < 0)
            throw DatagramState.Failure(result, "send", remote ?? RemoteEndPoint);
    }

    private static void Check(UnixAncillaryData ancillary, UnixEndPoint? remote)
    {
        ArgumentNullException.ThrowIfNull(ancillary);
        DescriptorSender.Check(ancillary.Descriptors);
        if (remote is not null)
            CheckNamed(remote);
    }

    private int TrySend(ReadOnlySpan<byte> datagram, UnixAncillaryData ancillary, UnixEndPoint? remote) =>
        _state.SendMessage(datagram, remote, ancillary.Descriptors, ancillary.Credentials?.ToNative());

    private DescriptorOptions? Wanted(DescriptorOptions? descriptors) =>
        _core.AcceptsDescriptors ? descriptors ?? DescriptorOptions.Default : null;
}
