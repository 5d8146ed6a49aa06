using System.Text;
using Xunit;

namespace Samehost.Tests.Serving;

/// <summary>A client of an echo server, and the handler of the server.</summary>
internal sealed class EchoClient(UnixStream stream) : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public UnixStream Stream { get; } = stream;

    public static EchoClient Connect(UnixEndPoint endPoint) => new(UnixStream.Connect(endPoint));

    /// <summary>Echoes until the client disconnects.</summary>
    public static async Task ServeAsync(UnixStream stream, CancellationToken stopping)
    {
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, stopping) is > 0 and var count)
            await stream.WriteAsync(buffer.AsMemory(0, count), stopping);
    }

    public async Task SendAsync(string text) => await Stream.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask().WaitAsync(Patience);

    /// <summary>Receives this number of characters, or fewer at the end of the stream.</summary>
    public async Task<string> ReceiveAsync(int count, TimeSpan? within = null)
    {
        var buffer = new byte[count];
        var received = await Stream.ReadAtLeastAsync(buffer, count, throwOnEndOfStream: false).AsTask().WaitAsync(within ?? Patience);
        return Encoding.ASCII.GetString(buffer, 0, received);
    }

    public async Task ExpectAnswerAsync(string text = "are you there")
    {
        await SendAsync(text);
        Assert.Equal(text, await ReceiveAsync(text.Length));
    }

    /// <summary>The server has closed the connection: an end of stream, or a reset where it left something unread.</summary>
    public async Task ExpectClosedAsync()
    {
        try
        {
            Assert.Equal("", await ReceiveAsync(1));
        }
        catch (IOException e)
        {
            Assert.Equal(Errno.ECONNRESET, Assert.IsType<UnixSocketException>(e.InnerException).Errno);
        }
    }

    public void Dispose() => Stream.Dispose();
}
