using System.Net.Sockets;
using System.Security.Cryptography;

namespace Samehost.Tool.Tests.Relay;

/// <summary>A relay waits with ppoll for few connections and with epoll for many: switching between them must not be visible.</summary>
public sealed class RelayWaitTests : RelayFixture
{
    private const int Many = 12;

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_continues_while_others_open_and_close(bool splices)
    {
        using var listener = Listen(Local(ToPath));
        var (run, address) = await RelayAsync(FromPath, listener.LocalEndPoint!, splices ? ["--no-descriptors"] : []);
        await using var _ = run;
        var (client, server) = await LinkAsync();
        using Socket ownedClient = client, ownedServer = server;
        for (var round = 0; round < 5; round++)
        {
            // Unread data, and ends of stream in between, have to survive the switch.
            var waiting = RandomNumberGenerator.GetBytes(50_000);
            await SendAllAsync(client, waiting);
            var others = new List<(Socket Client, Socket Server)>();
            while (others.Count < Many)
                others.Add(await LinkAsync());
            await PassAsync(server, client);
            Assert.Equal(waiting, await ReceiveAsync(server, waiting.Length));
            foreach (var (otherClient, otherServer) in others)
            {
                await PassAsync(otherClient, otherServer);
                otherClient.Shutdown(SocketShutdown.Send);
                Assert.Empty(await ReceiveAllAsync(otherServer));
            }
            foreach (var (otherClient, otherServer) in others)
            {
                await PassAsync(otherServer, otherClient); // half-closed already
                otherServer.Dispose();
                Assert.Empty(await ReceiveAllAsync(otherClient));
                otherClient.Dispose();
                await PassAsync(client, server);
            }
            await Task.Delay(20, Stop); // it has noticed the closed connections, and waits with ppoll again
            await PassAsync(server, client);
        }
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await ReceiveAllAsync(server));
        await PassAsync(server, client);
        server.Dispose();
        Assert.Empty(await ReceiveAllAsync(client));

        async Task<(Socket, Socket)> LinkAsync() => (await ConnectAsync(address), await listener.AcceptAsync(Stop));
    }

    [Theory(Timeout = 180_000)]
    [InlineData(1)]
    [InlineData(Many)]
    public async Task The_relay_sleeps_while_bytes_of_closed_clients_are_unread(int count)
    {
        using var listener = Listen(Local(ToPath));
        var (run, address) = await RelayAsync(FromPath, listener.LocalEndPoint!);
        await using var _ = run;
        var servers = new List<Socket>();
        var piece = new byte[4096];
        var sent = new int[count];
        for (var i = 0; i < count; i++)
        {
            using var client = await ConnectAsync(address);
            servers.Add(await listener.AcceptAsync(Stop));
            client.Blocking = false;
            client.SendBufferSize = piece.Length;
            for (var idle = 0; idle < 10;)
            {
                var moved = client.Send(piece, SocketFlags.None, out var error);
                sent[i] += error == SocketError.Success ? moved : 0;
                idle = error == SocketError.Success ? 0 : idle + 1;
                await Task.Delay(idle, Stop); // the relay reads until the server's side is full
            }
        } // closed, with unread bytes

        await Task.Delay(200, Stop);
        var before = run.ProcessorTime;
        await Task.Delay(1000, Stop);
        Assert.InRange((run.ProcessorTime - before).TotalMilliseconds, 0, 200); // in a second; a busy loop uses all of it

        for (var i = 0; i < count; i++)
        {
            Assert.Equal(sent[i], (await ReceiveAllAsync(servers[i])).Length);
            servers[i].Dispose();
        }
    }

    private static async Task PassAsync(Socket from, Socket to)
    {
        var bytes = RandomNumberGenerator.GetBytes(100);
        await SendAllAsync(from, bytes);
        Assert.Equal(bytes, await ReceiveAsync(to, bytes.Length));
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        var all = new byte[count];
        for (var have = 0; have < count;)
            have += await socket.ReceiveAsync(all.AsMemory(have), Stop) is > 0 and var n ? n : throw new EndOfStreamException();
        return all;
    }
}
