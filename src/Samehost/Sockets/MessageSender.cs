using System.Runtime.InteropServices;
using Samehost.Interop;
using Samehost.Ancillary;

namespace Samehost.Sockets;

/// <summary>Sends bytes or a record together with descriptors and, where wanted, our credentials.</summary>
internal static class MessageSender
{
    /// <summary>Sends once. Returns how much went (everything, but on a stream perhaps less), or <c>-errno</c>.</summary>
    public static int Send(
        SocketContext core, ReadOnlySpan<byte> bytes, UnixEndPoint? to, IReadOnlyList<SafeHandle> descriptors, UCred? credentials = null)
    {
        Span<byte> address = stackalloc byte[LibcSocket.SockAddrSize];
        address = address[..(to is null ? 0 : to.WriteSockAddr(address))];
        Span<byte> control = stackalloc byte[
            ControlLayout.Space(descriptors.Count * sizeof(int)) + ControlLayout.Space(3 * sizeof(int))];
        var writer = new ControlWriter(control);
        var sender = new DescriptorSender(descriptors, stackalloc int[descriptors.Count]);
        try
        {
            if (descriptors.Count > 0)
                writer.AddDescriptors(sender.Hold());
            if (credentials is { } own)
                writer.AddCredentials(own);
            int sent = LibcMessage.Send(core.Descriptor, bytes, address, writer.Written);
            if (sent == -(int)Errno.ECONNRESET)
                core.WasReset = true; // told once: the receiving side has to know it too
            return sent;
        }
        finally
        {
            sender.Release();
        }
    }
}
