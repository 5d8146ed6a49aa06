using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Sockets;

public sealed class StreamConnectTests : SocketTest
{
    public static TheoryData<string> Kinds => ["pathname", "abstract", "autobind"];

    [Theory(Timeout = Limit), MemberData(nameof(Kinds))]
    public async Task Asynchronous_calls_connect_and_pass_bytes_both_ways(string kind)
    {
        await using var listener = UnixListener.Listen(Address(kind), ForUs);
        var accept = listener.AcceptAsync(Token);
        Assert.False(accept.IsCompleted);

        await using var client = await UnixStream.ConnectAsync(listener.LocalEndPoint, null, Token);
        await using var server = await accept;

        await PassesAsync(client, server);
        await PassesAsync(server, client);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Blocking_calls_connect_and_pass_bytes_both_ways(string kind)
    {
        using var listener = UnixListener.Listen(Address(kind), ForUs);
        using var client = UnixStream.Connect(listener.LocalEndPoint);
        using var server = listener.Accept();

        Passes(client, server);
        Passes(server, client);
    }

    [Fact(Timeout = Limit)]
    public async Task Blocking_calls_wait_for_what_comes_later()
    {
        using var listener = UnixListener.Listen(At("s"));
        var accept = Task.Run(listener.Accept, Token);
        using var client = UnixStream.Connect(At("s"));
        using var server = await accept;
        var buffer = new byte[1];
        var read = Task.Run(() => server.Read(buffer), Token);

        client.WriteByte(7);

        Assert.Equal(1, await read);
        Assert.Equal(7, buffer[0]);
    }

    [Fact(Timeout = Limit)]
    public async Task Both_ends_know_the_listeners_address_and_the_client_has_none()
    {
        await using var listener = UnixListener.Listen(At("s"));
        var (client, server) = await ConnectAsync(listener);
        await using var one = client;
        await using var other = server;

        Assert.Equal(At("s"), listener.LocalEndPoint);
        Assert.Equal(At("s"), client.RemoteEndPoint);
        Assert.Equal(At("s"), server.LocalEndPoint);
        Assert.Equal(UnixEndPointKind.Unnamed, client.LocalEndPoint.Kind);
        Assert.Equal(UnixEndPointKind.Unnamed, server.RemoteEndPoint.Kind);
    }

    [Fact]
    public void An_autobind_listener_has_the_name_that_the_kernel_gave()
    {
        using var one = UnixListener.Listen(UnixEndPoint.Autobind, ForUs);
        using var other = UnixListener.Listen(UnixEndPoint.Autobind, ForUs);

        Assert.Equal(UnixEndPointKind.Abstract, one.LocalEndPoint.Kind);
        Assert.Equal(5, one.LocalEndPoint.NameBytes.Length);
        Assert.NotEqual(one.LocalEndPoint, other.LocalEndPoint);
    }

    [Fact]
    public void Connecting_to_an_address_without_a_name_is_refused() =>
        Assert.Throws<ArgumentException>(() => UnixListener.Listen(UnixEndPoint.Unnamed));

    [Fact(Timeout = Limit)]
    public async Task Connecting_asynchronously_to_an_address_without_a_name_is_refused()
    {
        foreach (var endPoint in new[] { UnixEndPoint.Unnamed, UnixEndPoint.Autobind })
        {
            Assert.Throws<ArgumentException>(() => UnixStream.Connect(endPoint));
            await Assert.ThrowsAsync<ArgumentException>(async () => await UnixStream.ConnectAsync(endPoint, null, Token));
        }
    }

    [Fact]
    public void A_negative_backlog_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => UnixListener.Listen(At("s"), new UnixListenerOptions { Backlog = -1 }));

    [Fact(Timeout = Limit)]
    public async Task Clients_are_accepted_in_the_order_in_which_they_connected_and_their_bytes_are_there()
    {
        await using var listener = UnixListener.Listen(At("s"));
        for (byte i = 0; i < 20; i++)
        {
            // Closed before it is accepted: what it wrote can still be read.
            await using var client = await UnixStream.ConnectAsync(At("s"), null, Token);
            await client.WriteAsync(new[] { i }, Token);
        }

        for (byte i = 0; i < 20; i++)
        {
            await using var server = await listener.AcceptAsync(Token);
            Assert.Equal([i], await ReadAllAsync(server));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Several_accepts_may_wait_at_once_and_each_gets_one_client()
    {
        await using var listener = UnixListener.Listen(At("s"));
        Task<UnixStream>[] accepts = [.. Enumerable.Range(0, 10).Select(_ => listener.AcceptAsync(Token).AsTask())];
        UnixStream[] clients = [.. accepts.Select(_ => UnixStream.Connect(At("s")))];

        var servers = await Task.WhenAll(accepts);

        for (byte i = 0; i < 10; i++)
            clients[i].WriteByte(i);
        byte[] seen = [.. servers.Select(s => (byte)s.ReadByte())];
        Array.Sort(seen);
        Assert.Equal<byte>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], seen);
        foreach (var stream in clients.Concat(servers))
            stream.Dispose();
    }

    [Fact(Timeout = Limit)]
    public async Task A_pair_is_connected_and_nameless()
    {
        var (first, second) = UnixStream.CreatePair();
        await using var one = first;
        await using var other = second;

        await PassesAsync(first, second);
        await PassesAsync(second, first);
        Assert.Equal(UnixEndPointKind.Unnamed, first.LocalEndPoint.Kind);
        Assert.Equal(UnixEndPointKind.Unnamed, first.RemoteEndPoint.Kind);
    }

    [Fact]
    public void The_path_is_private_from_the_start_and_removed_at_the_end()
    {
        using (UnixListener.Listen(At("s")))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Temp["s"]));
            Assert.Equal(["s"], Temp.Names);
        }

        Assert.Empty(Temp.Names);
    }

    [Fact]
    public void Descriptors_are_closed_on_exec_and_never_block()
    {
        using var listener = UnixListener.Listen(At("s"));
        using var client = UnixStream.Connect(At("s"));
        using var server = listener.Accept();
        var (first, second) = UnixStream.CreatePair();
        using var one = first;
        using var other = second;

        foreach (var handle in new[] { listener.SafeHandle, client.SafeHandle, server.SafeHandle, first.SafeHandle, second.SafeHandle })
        {
            var flags = File.ReadLines($"/proc/self/fdinfo/{((Descriptor)handle).Number}")
                .Single(line => line.StartsWith("flags:", StringComparison.Ordinal))["flags:".Length..];
            var ours = LibcSocket.SOCK_CLOEXEC | LibcSocket.SOCK_NONBLOCK; // the same bits as O_CLOEXEC and O_NONBLOCK
            Assert.Equal(ours, Convert.ToInt32(flags.Trim(), 8) & ours);
        }
    }

    private UnixEndPoint Address(string kind) => kind switch
    {
        "pathname" => At("s"),
        "abstract" => AbstractName(),
        _ => UnixEndPoint.Autobind,
    };
}
