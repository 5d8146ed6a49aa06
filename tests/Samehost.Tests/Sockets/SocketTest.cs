using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>Addresses of one test's own, and what nearly every test on sockets does.</summary>
public abstract class SocketTest : IAsyncDisposable
{
    protected const int Limit = 30_000;

    /// <summary>The default for paths, said aloud: an abstract name asks for a decision.</summary>
    protected static UnixListenerOptions ForUs { get; } = new() { PeerPolicy = PeerPolicy.SelfAndRoot };

    /// <inheritdoc cref="ForUs"/>
    protected static UnixDatagramOptions FromUs { get; } = new() { PeerPolicy = PeerPolicy.SelfAndRoot };

    private protected TestDirectory Temp { get; } = new();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public virtual ValueTask DisposeAsync()
    {
        Temp.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected UnixEndPoint At(string name) => UnixEndPoint.FromPath(Temp[name]);

    protected static UnixEndPoint AbstractName() => UnixEndPoint.FromAbstractName($"samehost-test-{Guid.NewGuid():N}");

    /// <summary>A client and the server's end of its connection.</summary>
    private protected static async Task<(UnixStream Client, UnixStream Server)> ConnectAsync(UnixListener listener)
    {
        var client = await UnixStream.ConnectAsync(listener.LocalEndPoint, null, Token);
        return (client, await listener.AcceptAsync(Token));
    }

    /// <summary>Bytes in which each position differs from its neighbors.</summary>
    protected static byte[] Pattern(int length, int seed = 0)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, Token);
        return all.ToArray();
    }

    /// <summary>One direction works.</summary>
    protected static async Task PassesAsync(Stream from, Stream to)
    {
        var sent = Pattern(100);
        await from.WriteAsync(sent, Token);
        var got = new byte[100];
        await to.ReadExactlyAsync(got, Token);
        Assert.Equal(sent, got);
    }

    /// <summary>One direction works with blocking calls.</summary>
    protected static void Passes(Stream from, Stream to)
    {
        var sent = Pattern(100);
        from.Write(sent);
        var got = new byte[100];
        to.ReadExactly(got);
        Assert.Equal(sent, got);
    }
}
