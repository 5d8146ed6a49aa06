using System.Net.Sockets;
using System.Security.Cryptography;

namespace Samehost.Tool.Tests.Relay;

public sealed class RelayStreamTests : RelayFixture
{
    private const string AnyTcp = "tcp:127.0.0.1:0";

    /// <summary>Larger than all buffers of the path.</summary>
    private const int Much = 5_000_000;

    [Theory(Timeout = 180_000)]
    [InlineData("path", "path", false)]
    [InlineData("path", "path", true)]
    [InlineData("path", "tcp", true)]
    [InlineData("tcp", "path", false)]
    [InlineData("tcp", "tcp", false)]
    [InlineData("abstract", "path", false)]
    [InlineData("path", "abstract", true)]
    public async Task Bytes_are_relayed_exactly_in_both_directions_and_either_side_may_end_first(
        string from, string to, bool serverEndsFirst)
    {
        foreach (var options in new string[][] { [], ["--no-descriptors"], ["--record", Path.Join(Temporary, "r")] })
        {
            // Not the same name again: a process that another test has just forked may still hold its last socket.
            var target = to switch { "tcp" => AnyPort, "path" => Local(ToPath), _ => Local($"@{ToPath}{options.Length}") };
            using var listener = Listen(target);
            var source = from switch { "tcp" => AnyTcp, "path" => FromPath, _ => "@" + FromPath };
            var (run, address) = await RelayAsync(
                source, listener.LocalEndPoint!, from == "abstract" ? [.. options, "--allow", "self,root"] : options);
            await using (run)
            {
                using var client = await ConnectAsync(address);
                using var server = await listener.AcceptAsync(Stop);
                var (first, second) = serverEndsFirst ? (server, client) : (client, server);
                var there = RandomNumberGenerator.GetBytes(Much);
                var back = RandomNumberGenerator.GetBytes(Much + 1);

                var arriving = ReceiveAllAsync(second);
                await SendAllAsync(first, there);
                first.Shutdown(SocketShutdown.Send);
                Assert.Equal(there, await arriving);
                arriving = ReceiveAllAsync(first);
                await SendAllAsync(second, back);
                second.Shutdown(SocketShutdown.Send);
                Assert.Equal(back, await arriving);
            }
            File.Delete(ToPath);
            File.Delete(FromPath);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Many_clients_are_relayed_at_once()
    {
        const int Count = 200;
        using var listener = Listen(Local(ToPath));
        var (run, address) = await RelayAsync(FromPath, listener.LocalEndPoint!);
        await using var _ = run;
        var serving = Task.Run(async () =>
        {
            var echoes = new List<Task>();
            for (var i = 0; i < Count; i++)
                echoes.Add(EchoAsync(await listener.AcceptAsync(Stop)));
            await Task.WhenAll(echoes);
        }, Stop);
        var clients = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => ConnectAsync(address)));
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(clients.Select(async (client, i) =>
            {
                var sent = RandomNumberGenerator.GetBytes(1000 + i);
                var got = new byte[sent.Length];
                await SendAllAsync(client, sent);
                for (var have = 0; have < got.Length;)
                    have += await client.ReceiveAsync(got.AsMemory(have), Stop) is > 0 and var n ? n : throw new EndOfStreamException();
                Assert.Equal(sent, got);
            }));
        }
        Array.ForEach(clients, c => c.Dispose());
        await serving;
    }

    [Fact(Timeout = 180_000)]
    public async Task A_reset_is_relayed()
    {
        // From a client to a server over TCP; from a server to a client over TCP; and from TCP to TCP.
        (string, string, bool)[] ways = [("path", "tcp", true), ("tcp", "path", false), ("tcp", "tcp", true), ("tcp", "tcp", false)];
        foreach (var (from, to, clientResets) in ways)
        {
            using var listener = Listen(to == "tcp" ? AnyPort : Local(ToPath));
            var (run, address) = await RelayAsync(from == "tcp" ? AnyTcp : FromPath, listener.LocalEndPoint!);
            await using (run)
            {
                using var client = await ConnectAsync(address);
                using var server = await listener.AcceptAsync(Stop);
                var (breaker, other) = clientResets ? (client, server) : (server, client);
                await SendAllAsync(other, "never read"u8.ToArray());
                // A local socket is reset when it is closed with unread data, which has to have arrived.
                await breaker.ReceiveAsync(new byte[1], SocketFlags.Peek, Stop);
                if (breaker.AddressFamily != AddressFamily.Unix)
                    breaker.LingerState = new LingerOption(true, 0);
                breaker.Dispose();
                var error = await Assert.ThrowsAsync<SocketException>(() => ReceiveAllAsync(other));
                Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
                Assert.Contains(" from ", await run.ReadErrorLineAsync(), StringComparison.Ordinal);
                var who = clientResets ? "client" : "server";
                Assert.Contains($"was reset by the {who}", await run.ReadErrorLineAsync(), StringComparison.Ordinal);
            }
            File.Delete(ToPath);
            File.Delete(FromPath);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_local_writer_gets_the_broken_pipe_that_it_would_get_directly()
    {
        using var listener = Listen(Local(ToPath));
        var (run, address) = await RelayAsync(FromPath, listener.LocalEndPoint!);
        await using var _ = run;
        using var client = await ConnectAsync(address);
        (await listener.AcceptAsync(Stop)).Dispose();
        Assert.Empty(await ReceiveAllAsync(client));
        var piece = new byte[4096];
        var error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (true)
                await SendAllAsync(client, piece);
        });
        Assert.Equal(SocketError.Shutdown, error.SocketErrorCode);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_server_is_named_and_its_clients_are_closed()
    {
        var (run, address) = await RelayAsync(FromPath, Local(ToPath));
        await using var _ = run;
        using (var client = await ConnectAsync(address))
            Assert.Empty(await ReceiveAllAsync(client));
        Assert.Contains("connection 1 from ", await run.ReadErrorLineAsync(), StringComparison.Ordinal);
        Assert.Equal(
            $"samehost: connection 1 cannot be relayed: connect failed: No such file or directory (2): {ToPath}",
            await run.ReadErrorLineAsync());
        Assert.StartsWith("hint: ", await run.ReadErrorLineAsync(), StringComparison.Ordinal);

        // Each client causes a new attempt.
        using var listener = Listen(Local(ToPath));
        using var second = await ConnectAsync(address);
        using var server = await listener.AcceptAsync(Stop);
        await SendAllAsync(server, "hello"u8.ToArray());
        server.Dispose();
        Assert.Equal("hello"u8.ToArray(), await ReceiveAllAsync(second));
    }

    [Fact(Timeout = 180_000)]
    public async Task The_relay_can_wait_for_a_server()
    {
        var (run, address) = await RelayAsync(FromPath, Local(ToPath), "--wait", "30s", "--once");
        await using var _ = run;
        using var client = await ConnectAsync(address);
        Assert.Contains("connection 1 from ", await run.ReadErrorLineAsync(), StringComparison.Ordinal);
        using var listener = Listen(Local(ToPath));
        using (var server = await listener.AcceptAsync(Stop))
            await SendAllAsync(server, "at last"u8.ToArray());
        Assert.Equal("at last"u8.ToArray(), await ReceiveAllAsync(client));
        client.Dispose();
        Assert.Equal(0, (await run.EndAsync()).Status);
    }

    private static async Task EchoAsync(Socket client)
    {
        using var owned = client;
        var buffer = new byte[65536];
        for (int got; (got = await client.ReceiveAsync(buffer, Stop)) > 0;)
            await SendAllAsync(client, buffer.AsMemory(0, got));
    }
}
