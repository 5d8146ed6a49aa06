// send(2), sendmsg(2), recvfrom(2), unix(7).
using System.Buffers;
using static Samehost.Interop.LibcMessage;

namespace Samehost.Interop;

/// <summary>Sends and receives bytes; never blocks and never raises SIGPIPE.</summary>
internal static unsafe class LibcTransfer
{
    /// <summary>The maximum number of buffers of a vectored write (IOV_MAX).</summary>
    public const int MaxVectors = 1024;

    public static int Receive(Descriptor socket, Span<byte> buffer)
    {
        using var lease = new DescriptorLease(socket);
        fixed (byte* p = buffer)
        {
            nint result;
            do result = LibcResult.From(LibcSyscall.Receive(lease.Fd, p, (nuint)buffer.Length, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
            while (result == -LibcResult.EINTR);
            return (int)result;
        }
    }

    /// <summary>
    /// Receives one datagram and its sender's address; the result is its length even where the buffer was too short. Descriptors that come
    /// with it are closed by the kernel.
    /// </summary>
    public static int ReceiveFrom(Descriptor socket, Span<byte> buffer, Span<byte> address, out int addressLength)
    {
        using var lease = new DescriptorLease(socket);
        fixed (byte* p = buffer)
        fixed (byte* a = address)
        {
            uint length;
            nint result;
            do
            {
                length = (uint)address.Length;
                result = LibcResult.From(
                    LibcSyscall.Receive(lease.Fd, p, (nuint)buffer.Length, MSG_DONTWAIT | MSG_TRUNC, a, &length));
            }
            while (result == -LibcResult.EINTR);
            addressLength = (int)length;
            return (int)result;
        }
    }

    public static int Send(Descriptor socket, ReadOnlySpan<byte> buffer)
    {
        using var lease = new DescriptorLease(socket);
        fixed (byte* p = buffer)
        {
            nint result;
            do result = LibcResult.From(LibcSyscall.Send(lease.Fd, p, (nuint)buffer.Length, MSG_DONTWAIT | MSG_NOSIGNAL));
            while (result == -LibcResult.EINTR);
            return (int)result;
        }
    }

    /// <summary>Sends one datagram to <paramref name="address"/>, which is a <c>struct sockaddr_un</c>.</summary>
    public static int SendTo(Descriptor socket, ReadOnlySpan<byte> buffer, ReadOnlySpan<byte> address)
    {
        using var lease = new DescriptorLease(socket);
        fixed (byte* p = buffer)
        fixed (byte* a = address)
        {
            nint result;
            do
            {
                result = LibcResult.From(
                    LibcSyscall.Send(lease.Fd, p, (nuint)buffer.Length, MSG_DONTWAIT | MSG_NOSIGNAL, a, (uint)address.Length));
            }
            while (result == -LibcResult.EINTR);
            return (int)result;
        }
    }

    /// <summary>Sends what is left of several buffers with one call, beginning at a buffer and an offset in it.</summary>
    public static nint SendVectored(Descriptor socket, IReadOnlyList<ReadOnlyMemory<byte>> buffers, int first, int offset)
    {
        var count = Math.Min(buffers.Count - first, MaxVectors);
        var pins = ArrayPool<MemoryHandle>.Shared.Rent(count);
        var vectors = stackalloc IoVec[count];
        using var lease = new DescriptorLease(socket);
        try
        {
            for (var i = 0; i < count; i++)
            {
                var buffer = buffers[first + i];
                if (i == 0)
                    buffer = buffer[offset..];
                pins[i] = buffer.Pin();
                vectors[i] = new IoVec { Base = pins[i].Pointer, Length = (nuint)buffer.Length };
            }

            var message = new MsgHdr { Vectors = vectors, VectorCount = (nuint)count };
            nint result;
            do result = LibcResult.From(LibcSyscall.SendMessage(lease.Fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
            while (result == -LibcResult.EINTR);
            return result;
        }
        finally
        {
            for (var i = 0; i < count; i++)
                pins[i].Dispose();
            ArrayPool<MemoryHandle>.Shared.Return(pins, clearArray: true);
        }
    }
}
