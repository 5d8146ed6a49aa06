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
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is > 0 and int got)
            all.Write(buffer, 0, got);
        return Encoding.UTF8.GetString(all.ToArray());
    }

    /// <summary>Receives as many bytes as the text has and compares them.</summary>
    public static async Task ExpectAsync(this Socket socket, string text)
    {
        var buffer = new byte[Encoding.UTF8.GetByteCount(text)];
        for (var done = 0; done < buffer.Length;)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(done), TestContext.Current.CancellationToken);
            Assert.True(got > 0, $"the end came before \"{text}\"");
            done += got;
        }
        Assert.Equal(text, Encoding.UTF8.GetString(buffer));
    }

    public static void Say(this Socket socket, string text) => socket.Send(Encoding.UTF8.GetBytes(text));
}
