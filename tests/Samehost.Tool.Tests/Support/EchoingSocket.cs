using System.Net;
using System.Net.Sockets;

namespace Samehost.Tool.Tests.Support;

/// <summary>A server with configurable answers, on sockets of the runtime, until it is disposed.</summary>
public sealed class EchoingSocket : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<byte[], byte[]?> _answer;
    private readonly Task _serving;

    private EchoingSocket(EndPoint endPoint, Func<byte[], byte[]?> answer)
    {
        _answer = answer;
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(endPoint);
        _listener.Listen();
        _serving = ServeAsync();
    }

    /// <summary>The port that the kernel chose.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Answers each received piece with the result of the function; null closes the connection.</summary>
    public static EchoingSocket Stream(EndPoint endPoint, Func<byte[], byte[]?> answer) => new(endPoint, answer);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
                _ = AnswerAsync(await _listener.AcceptAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task AnswerAsync(Socket client)
    {
        var buffer = new byte[65536];
        using (client)
        {
            while (await client.ReceiveAsync(buffer) is > 0 and int count && _answer(buffer[..count]) is { } answer)
                await client.SendAsync(answer);
        }
    }
}
