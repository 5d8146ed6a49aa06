using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Inspection;

/// <summary>Several hundred sockets of all kinds and states, some with hostile names.</summary>
internal sealed class TestSockets : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _open = [];
    private readonly TestFolder _folder = new();

    private TestSockets()
    {
    }

    public static async Task<TestSockets> OpenAsync(CancellationToken stop)
    {
        var sockets = new TestSockets();
        var forUs = new UnixListenerOptions { PeerPolicy = PeerPolicy.SelfAndRoot };
        var stream = sockets.Keep(UnixListener.Listen(sockets.At("stream"), forUs));
        var named = sockets.Keep(UnixListener.Listen(UnixEndPoint.FromAbstractName($"peer-{Guid.NewGuid():N}"), forUs));
        var records = sockets.Keep(UnixSeqpacketListener.Listen(sockets.At("records"), forUs));
        var full = sockets.Keep(UnixListener.Listen(sockets.At("full"), forUs));
        sockets.Keep(UnixDatagram.Bind(sockets.At("log")));
        // A new name each time, because a program that another test starts may hold the previous one until its exec.
        var forged = $"u_str LISTEN 0 1 /forged\e[31m {Guid.NewGuid():N} 4711";
        sockets.Keep(UnixListener.Listen(UnixEndPoint.FromAbstractName(forged), forUs));
        for (var i = 0; i < 60; i++)
        {
            sockets.Keep(await UnixStream.ConnectAsync(stream.LocalEndPoint, null, stop)).Write(new byte[i]);
            sockets.Keep(await stream.AcceptAsync(stop));
            sockets.Keep(await UnixStream.ConnectAsync(named.LocalEndPoint, null, stop));
            sockets.Keep(await named.AcceptAsync(stop));
            sockets.Keep(await UnixSeqpacket.ConnectAsync(records.LocalEndPoint, null, stop));
            sockets.Keep(await records.AcceptAsync(stop));
            sockets.Keep(await UnixStream.ConnectAsync(full.LocalEndPoint, null, stop)); // not accepted
            var sender = sockets.Keep(UnixDatagram.Create());
            sender.Connect(sockets.At("log"));
            var (one, other) = UnixStream.CreatePair();
            sockets.Keep(one);
            if (i % 2 == 0)
                sockets.Keep(other);
            else
                other.Dispose();
        }
        return sockets;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _open)
            await socket.DisposeAsync();
        _folder.Dispose();
    }

    private UnixEndPoint At(string name) => UnixEndPoint.FromPath(_folder[name]);

    private T Keep<T>(T socket)
        where T : IAsyncDisposable
    {
        _open.Add(socket);
        return socket;
    }
}
