using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>What is written for any <see cref="Stream"/> works with ours.</summary>
public sealed class StreamAsStreamTests : StreamPairTest
{
    [Fact(Timeout = Limit)]
    public async Task Readers_and_writers_of_text()
    {
        using var reader = new StreamReader(Far);
        await using var writer = new StreamWriter(Near);
        writer.AutoFlush = true;

        await writer.WriteLineAsync("g1".AsMemory(), Token);
        Assert.Equal("g1", await reader.ReadLineAsync(Token));
        await writer.WriteAsync("g2\ng3\n".AsMemory(), Token);
        Near.ShutdownWrite();
        Assert.Equal("g2", await reader.ReadLineAsync(Token));
        Assert.Equal("g3", await reader.ReadLineAsync(Token));
        Assert.Null(await reader.ReadLineAsync(Token));
    }

    [Fact(Timeout = Limit)]
    public async Task Tls()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var server = new SslStream(Far);
        await using var client = new SslStream(
            Near, false, (_, found, _, _) => found!.GetCertHashString() == certificate.GetCertHashString());

        await Task.WhenAll(
            server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, Token),
            client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Token));

        var sent = Pattern(200_000);
        var write = client.WriteAsync(sent, Token).AsTask();
        var got = new byte[sent.Length];
        await server.ReadExactlyAsync(got, Token);
        await write;
        Assert.Equal(sent, got);
        await PassesAsync(server, client);
    }

    [Fact(Timeout = Limit)]
    public async Task Pipes()
    {
        var reader = PipeReader.Create(Far, new StreamPipeReaderOptions(useZeroByteReads: true));
        var writer = PipeWriter.Create(Near);

        var reading = reader.ReadAtLeastAsync(10, Token);
        await writer.WriteAsync("01234"u8.ToArray(), Token);
        await writer.WriteAsync("56789"u8.ToArray(), Token);
        var result = await reading;

        Assert.Equal(10, result.Buffer.Length);
        Assert.Equal((byte)'9', result.Buffer.Slice(9).FirstSpan[0]);
        reader.AdvanceTo(result.Buffer.End);
        await writer.CompleteAsync(); // closes the stream
        Assert.True((await reader.ReadAsync(Token)).IsCompleted);
        await reader.CompleteAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Http()
    {
        await using var listener = UnixListener.Listen(At("http.sock"));
        var serving = Task.Run(
            async () =>
            {
                await using var stream = await listener.AcceptAsync(Token);
                using var reader = new StreamReader(stream, Encoding.ASCII);
                for (var request = 0; request < 2; request++)
                {
                    Assert.Equal("GET /hello HTTP/1.1", await reader.ReadLineAsync(Token));
                    while (await reader.ReadLineAsync(Token) is not (null or ""))
                    {
                    }

                    await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld"u8.ToArray(), Token);
                }
            },
            Token);
        using var handler = new SocketsHttpHandler();
        handler.ConnectCallback = async (_, token) => await UnixStream.ConnectAsync(At("http.sock"), null, token);
        using var client = new HttpClient(handler);

        Assert.Equal("world", await client.GetStringAsync(new Uri("http://localhost/hello"), Token));
        Assert.Equal("world", await client.GetStringAsync(new Uri("http://localhost/hello"), Token)); // the same connection again
        await serving;
    }

    [Fact(Timeout = Limit)]
    public async Task BeginRead_and_BeginWrite_complete()
    {
        var buffer = new byte[4];
        var called = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = Far.BeginRead(buffer, 1, 2, r => called.SetResult(r.AsyncState), "state");
        var write = Near.BeginWrite([1, 2, 3, 4], 1, 2, null, null);

        Near.EndWrite(write);
        Assert.Equal("state", await called.Task);
        Assert.Equal(2, Far.EndRead(read));
        Assert.Equal([0, 2, 3, 0], buffer);
    }

    [Fact(Timeout = Limit)]
    public async Task Arrays_with_an_offset_and_a_count()
    {
        var buffer = new byte[4];
#pragma warning disable CA1835 // these overloads are the subject
        await Near.WriteAsync([1, 2, 3, 4], 1, 2, Token);
        Assert.Equal(2, await Far.ReadAsync(buffer, 2, 2, Token));
#pragma warning restore CA1835
        Assert.Equal([0, 0, 2, 3], buffer);
        Near.Write([5, 6], 1, 1);
        Assert.Equal(1, Far.Read(buffer, 0, 4));
        Assert.Equal(6, buffer[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => Far.Read(buffer, 3, 2));
        Near.ShutdownWrite();
        Assert.Equal(-1, Far.ReadByte());
    }

    [Fact(Timeout = Limit)]
    public async Task A_blocking_read_ends_after_its_timeout_and_the_stream_remains_usable()
    {
        Near.ReadTimeout = 50;

        var failure = await Assert.ThrowsAsync<IOException>(() => Task.Run(() => Near.Read(new byte[1]), Token));

        Failures.IsStreamFailure(Errno.ETIMEDOUT, "read", failure);
        Far.WriteByte(3);
        Assert.Equal(3, Near.ReadByte());
    }

    [Fact(Timeout = Limit)]
    public async Task A_blocking_write_ends_after_its_timeout()
    {
        Near.WriteTimeout = 50;

        var failure = await Assert.ThrowsAsync<IOException>(() => Task.Run(() => Near.Write(new byte[2_000_000]), Token));

        Failures.IsStreamFailure(Errno.ETIMEDOUT, "write", failure);
    }

    [Fact]
    public void Timeouts_are_positive_or_infinite()
    {
        Assert.Equal(Timeout.Infinite, Near.ReadTimeout);
        Assert.Equal(Timeout.Infinite, Near.WriteTimeout);
        Assert.True(Near.CanTimeout);
        Assert.Throws<ArgumentOutOfRangeException>(() => Near.ReadTimeout = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => Near.WriteTimeout = -2);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_has_no_position_and_flushing_does_nothing()
    {
        Assert.True(Near is { CanRead: true, CanWrite: true, CanSeek: false });
        Assert.Throws<NotSupportedException>(() => Near.Length);
        Assert.Throws<NotSupportedException>(() => Near.Position);
        Assert.Throws<NotSupportedException>(() => Near.Position = 1);
        Assert.Throws<NotSupportedException>(() => Near.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => Near.SetLength(1));
        Near.Flush();
        await Near.FlushAsync(Token);
        await Near.DisposeAsync();
        Assert.True(Near is { CanRead: false, CanWrite: false });
    }

    [Fact]
    public void SafeHandle_has_the_descriptor()
    {
        Assert.Equal(0, LibcSocketOptions.Set((Descriptor)Near.SafeHandle, LibcSocketOptions.SO_SNDBUF, 8192));
        Assert.False(Near.SafeHandle.IsClosed);
    }
}
