using System.Net.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Sockets;

/// <summary>Paths that do not fit into the address of a system call.</summary>
[Collection(NonParallel.Name)]
public sealed class LongPathTests : SocketTest
{
    /// <summary>Moves a socket file to a path of about 200 bytes.</summary>
    private UnixEndPoint Move(string name, string fileName = "a.sock")
    {
        var path = Path.Join(Temp.MakeDirectory(new string('d', 100), 0b111_000_000), new string('s', 100) + fileName);
        File.Move(Temp[name], path);
        return UnixEndPoint.FromPath(path);
    }

    [Fact(Timeout = Limit)]
    public async Task Streams_connect_and_leave_no_descriptor_open()
    {
        using var listener = UnixListener.Listen(At("s"));
        var path = Move("s");
        var before = Directory.GetFiles("/proc/self/fd").Length;
        for (var i = 0; i < 3; i++)
        {
            await using var client = i == 0 ? UnixStream.Connect(path) : await UnixStream.ConnectAsync(path, null, Token);
            await using var server = await listener.AcceptAsync(Token);
            await client.WriteAsync("hi"u8.ToArray(), Token);
            Assert.Equal(2, await server.ReadAsync(new byte[10], Token));
        }
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 1);
    }

    [Fact(Timeout = Limit)]
    public async Task Seqpackets_connect()
    {
        using var listener = UnixSeqpacketListener.Listen(At("s"));
        await using var client = await UnixSeqpacket.ConnectAsync(Move("s"), null, Token);
        await using var server = await listener.AcceptAsync(Token);
        await client.SendAsync("hi"u8.ToArray(), Token);
        Assert.Equal(2, (await server.ReceiveAsync(new byte[10], Token)).Count);
    }

    [Fact(Timeout = Limit)]
    public async Task Datagrams_are_sent_to_it_connected_or_not()
    {
        using var receiver = UnixDatagram.Bind(At("s"));
        var path = Move("s");
        using var sender = UnixDatagram.Create();
        sender.SendTo("a"u8, path);
        await sender.SendToAsync("b"u8.ToArray(), path, Token);
        sender.Send("c"u8, new UnixAncillaryData(), path);
        sender.Connect(path);
        await sender.SendAsync("d"u8.ToArray(), Token);
        for (var i = 0; i < 4; i++)
            Assert.Equal(1, (await receiver.ReceiveAsync(new byte[10], Token)).Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_waits_for_a_server_that_starts_later()
    {
        var path = UnixEndPoint.FromPath(Path.Join(Temp.MakeDirectory(new string('d', 100), 0b111_000_000), new string('s', 100)));
        var connecting = UnixStream.ConnectAsync(path, new UnixConnectOptions { ServerTimeout = Timeout.InfiniteTimeSpan }, Token);
        using var listener = UnixListener.Listen(At("s"));
        File.Move(Temp["s"], path.Path!);
        await using var client = await connecting;
        using var server = await listener.AcceptAsync(Token);
    }

    [Fact]
    public void Failures_are_those_of_a_short_path_and_have_its_hints()
    {
        var missing = UnixEndPoint.FromPath(Temp[new string('d', 100)] + "/" + new string('s', 100));
        var failure = Assert.Throws<UnixSocketException>(() => UnixStream.Connect(missing));
        Failures.Is(Errno.ENOENT, "connect", failure, missing);
        Assert.Contains("has no directory named ddd", failure.Hint, StringComparison.Ordinal);

        using (var stale = Errors.FailingCalls.Listening(At("t")))
            File.Move(Temp["t"], Temp["stale"]);
        var path = Move("stale");
        failure = Assert.Throws<UnixSocketException>(() => UnixStream.Connect(path));
        Failures.Is(Errno.ECONNREFUSED, "connect", failure, path);
        Assert.Contains("stale socket file", failure.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(108)]
    [InlineData(109)]
    [InlineData(300)]
    public void Binding_is_refused_with_what_to_do_and_makes_no_file(int length)
    {
        var directory = Temp.MakeDirectory(new string('d', Math.Min(length - Temp.FullPath.Length - 10, 200)), 0b111_000_000);
        var path = UnixEndPoint.FromPath(directory + "/" + new string('s', length - directory.Length - 1));
        Assert.Equal(length, path.NameBytes.Length);
        Action[] binds = [() => UnixListener.Listen(path), () => UnixDatagram.Bind(path), () => UnixServer.Start(path, Serve)];
        foreach (var bind in binds)
        {
            var failure = Assert.Throws<UnixSocketException>(bind);
            Assert.Equal((Errno.ENAMETOOLONG, "bind", path), (failure.Errno, failure.Operation, failure.EndPoint));
            Assert.Contains(
                $"The path has {length} bytes, and the address of a socket has room for 107: choose a shorter one", failure.Hint,
                StringComparison.Ordinal);
        }
        Assert.Empty(Directory.GetFileSystemEntries(directory));

        static Task Serve(UnixStream stream, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    [Theory]
    [InlineData(108)]
    [InlineData(109)]
    [InlineData(4095)]
    public void A_socket_address_of_it_comes_back_and_is_refused_by_the_kernel(int length)
    {
        var path = UnixEndPoint.FromPath("/" + new string('s', length - 1));
        Assert.Equal(path, UnixEndPoint.Unnamed.Create(path.Serialize()));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Assert.Throws<SocketException>(() => socket.Connect(path));
    }
}
