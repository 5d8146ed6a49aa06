using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Ancillary;
using Samehost.Sockets;

namespace Samehost;

/// <content>Who the peer is, and descriptors.</content>
public sealed partial class UnixStream
{
    private MessageReceiver? _receiver;

    /// <summary>
    /// Whether the peer may send descriptors (SO_PASSRIGHTS). False by default: the kernel then refuses them where it can
    /// (Linux 6.16: the sender gets EPERM), and closes them otherwise.
    /// </summary>
    public bool AcceptDescriptors
    {
        get => _core.AcceptsDescriptors;
        set => _core.AcceptsDescriptors = value;
    }

    private MessageReceiver Receiver => _receiver ??= new MessageReceiver(_core, LibcSocket.SOCK_STREAM);

    /// <summary>Who connected, listened, or made the pair at the other end, as the kernel noted it then.</summary>
    /// <remarks>They are read at the first call and kept. Of a connection to a <see cref="UnixServer"/> that has events they are kept from
    /// accept on, so that they can be read when it is closed.</remarks>
    /// <exception cref="UnixSocketException">The kernel does not tell.</exception>
    public PeerCredentials GetPeerCredentials() => _core.PeerCredentials;

    /// <summary>The process at the other end, to be disposed of by the caller (SO_PEERPIDFD, Linux 6.5).</summary>
    /// <exception cref="UnixSocketException">The kernel does not tell.</exception>
    public PeerProcess OpenPeerProcess() => PeerProcess.Of(_core.Descriptor);

    /// <summary>Sends bytes with descriptors, blocking the thread while there is no room (SCM_RIGHTS, unix(7)). They reach the peer with
    /// the
    /// first of the bytes; ours stay open and are ours to close.</summary>
    /// <param name="bytes">At least one byte: on a stream the kernel would drop descriptors that go with nothing.</param>
    /// <param name="descriptors">Files, sockets, pipes, memory: up to 253.</param>
    /// <exception cref="UnixSocketException">EPIPE; EPERM when the peer does not accept descriptors; ETOOMANYREFS when too many are in
    /// flight.</exception>
    public void Send(ReadOnlySpan<byte> bytes, IReadOnlyList<SafeHandle> descriptors)
    {
        CheckSend(bytes.Length, descriptors);
        var call = new SendMessageCall(_core, bytes, descriptors);
        int result = BlockingCall.Run(_core, ref call, LibcPoll.POLLOUT, ref _core.WriteBudget, _writeTimeout);
        if (result < 0)
            throw DatagramState.Failure(result, "send", socket: _core);
    }

    /// <summary>Sends bytes with descriptors; see <see cref="Send"/>.</summary>
    /// <remarks>Not cancel safe: a cancelled send may have sent the descriptors and part of the bytes.</remarks>
    /// <param name="bytes">At least one byte; they must not change until the call has ended.</param>
    /// <param name="descriptors">Up to 253; they must stay open until the call has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnixSocketException">As for <see cref="Send"/>.</exception>
    public ValueTask SendAsync(
        ReadOnlyMemory<byte> bytes, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken = default)
    {
        CheckSend(bytes.Length, descriptors);
        return _core.Writers.RunWithoutResult(SendMessageOperation.For(_core, bytes, descriptors), cancellationToken);
    }

    /// <summary>
    /// Reads bytes and the descriptors that came with them, blocking the thread until there are some.
    /// </summary>
    /// <remarks>
    /// The boundary: a read ends with the bytes of the first send that carried descriptors, so the set belongs to the message that holds
    /// the last byte of this read. Bytes sent before it may stand in front. Two sets never come together.
    /// </remarks>
    /// <param name="buffer">Where the bytes go; not empty.</param>
    /// <param name="descriptors">Which descriptors to take; <see cref="DescriptorOptions.Default"/> when null.</param>
    /// <exception cref="InvalidOperationException"><see cref="AcceptDescriptors"/> is off.</exception>
    /// <exception cref="UnixSocketException">ECONNRESET, as for a read.</exception>
    public UnixMessage Receive(Span<byte> buffer, DescriptorOptions? descriptors = null)
    {
        CheckReceive(buffer.Length);
        var call = new ReceiveMessageCall(Receiver, buffer, descriptors ?? DescriptorOptions.Default);
        int result = BlockingCall.Run(_core, ref call, LibcPoll.POLLIN, ref _core.ReadBudget, _readTimeout);
        return result >= 0 ? call.Message : throw DatagramState.Failure(result, "receive", socket: _core);
    }

    /// <summary>Reads bytes and the descriptors that came with them; the boundary is that of <see cref="Receive"/>.</summary>
    /// <remarks>Cancel safe: a cancelled call has taken nothing from the stream.</remarks>
    /// <param name="buffer">Where the bytes go; not empty.</param>
    /// <param name="descriptors">Which descriptors to take; <see cref="DescriptorOptions.Default"/> when null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException"><see cref="AcceptDescriptors"/> is off.</exception>
    /// <exception cref="UnixSocketException">ECONNRESET, as for a read.</exception>
    public ValueTask<UnixMessage> ReceiveAsync(
        Memory<byte> buffer, DescriptorOptions? descriptors = null, CancellationToken cancellationToken = default)
    {
        CheckReceive(buffer.Length);
        return _core.Readers.Run(
            ReceiveMessageOperation.For(Receiver, buffer, descriptors ?? DescriptorOptions.Default), cancellationToken);
    }

    private static void CheckSend(int length, IReadOnlyList<SafeHandle> descriptors)
    {
        DescriptorSender.Check(descriptors);
        if (length == 0)
            throw new ArgumentException("On a stream descriptors need at least one byte to go with; the kernel drops them otherwise.");
    }

    private void CheckReceive(int length)
    {
        if (!AcceptDescriptors)
            throw new InvalidOperationException("The stream does not accept descriptors; set AcceptDescriptors before the peer sends any.");
        if (length == 0)
            throw new ArgumentException("Descriptors come with bytes; the buffer has room for none.");
    }
}
