using System.Net.Sockets;
using System.Text;

namespace Samehost.Tool.Tests.Support;

/// <summary>The runtime's own sockets: a peer that shares no code with the tool.</summary>
internal static class LocalPeer
{
    public static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    public static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        return socket;
    }

    /// <summary>Text until the end of the stream.</summary>
    public static async Task<string> ReadToEndAsync(this Socket socket)
    {
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>As many bytes as the text has, which they have to spell.</summary>
    public static async Task ExpectAsync(this Socket socket, string text)
    {
        byte[] buffer = new byte[Encoding.UTF8.GetByteCount(text)];
        await new NetworkStream(socket).ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal(text, Encoding.UTF8.GetString(buffer));
    }

    public static void Say(this Socket socket, string text) => socket.Send(Encoding.UTF8.GetBytes(text));
}
