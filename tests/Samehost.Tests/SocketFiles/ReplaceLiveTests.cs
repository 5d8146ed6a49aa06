using System.Diagnostics;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.SocketFiles;

public sealed class ReplaceLiveTests : IDisposable
{
    private static readonly UnixListenerOptions Replacing = new() { SocketFile = new SocketFileOptions { ReplaceLive = true } };

    private readonly TestDirectory _directory = new();

    private UnixEndPoint Path => UnixEndPoint.FromPath(_directory["x.sock"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_new_socket_replaces_a_live_one_which_keeps_its_clients()
    {
        using var old = UnixListener.Listen(Path);
        using var early = UnixStream.Connect(Path);
        using var fresh = UnixListener.Listen(Path, Replacing);
        Assert.Equal(Path, fresh.LocalEndPoint);
        Assert.Equal(["x.sock"], _directory.Names);
        Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(_directory["x.sock"]));

        using var late = UnixStream.Connect(Path);
        using var acceptedEarly = old.Accept();
        using var acceptedLate = fresh.Accept();
        acceptedLate.WriteByte(7);
        Assert.Equal(7, late.ReadByte());

        old.Dispose();
        Assert.Equal(["x.sock"], _directory.Names);
        fresh.Dispose();
        Assert.Empty(_directory.Names);
    }

    [Fact]
    public void A_free_path_and_a_stale_file_are_taken_as_well()
    {
        using (var fresh = UnixListener.Listen(Path, Replacing))
            File.CreateSymbolicLink(_directory["link"], "x.sock");
        Assert.Equal(["link"], _directory.Names);
        using (var stale = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0))
        {
            stale.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(_directory["other.sock"]));
            File.Move(_directory["other.sock"], _directory["x.sock"]); // so that closing does not remove it
        }
        using (UnixListener.Listen(Path, Replacing))
            UnixStream.Connect(Path).Dispose();
        Assert.Equal(["link"], _directory.Names);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("directory")]
    [InlineData("link")]
    public void A_file_that_is_not_a_socket_is_left_untouched(string what)
    {
        var path = _directory["x.sock"];
        switch (what)
        {
            case "file":
                File.WriteAllText(path, "mine");
                break;
            case "directory":
                Directory.CreateDirectory(path);
                break;
            default:
                File.CreateSymbolicLink(path, "elsewhere");
                break;
        }
        var error = Assert.Throws<UnixSocketException>(() => UnixListener.Listen(Path, Replacing));
        Assert.Equal((Errno.EADDRINUSE, "bind"), (error.Errno, error.Operation));
        Assert.Contains("left untouched", error.Hint, StringComparison.Ordinal);
        Assert.Equal(["x.sock"], _directory.Names);
        Assert.Equal(what switch { "file" => "mine", "link" => "elsewhere", _ => "" }, what switch
        {
            "file" => File.ReadAllText(path),
            "link" => new FileInfo(path).LinkTarget,
            _ => "",
        });
    }

    [Fact]
    public void A_datagram_socket_cannot_replace_a_live_one()
    {
        var options = new UnixDatagramOptions { SocketFile = new SocketFileOptions { ReplaceLive = true } };
        Assert.Throws<ArgumentException>("options", () => UnixDatagram.Bind(Path, options));
        Assert.Empty(_directory.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_server_that_was_replaced_serves_those_in_its_backlog_before_it_stops()
    {
        var one = new UnixServerOptions { MaxConnections = 1 };
        using var first = new SemaphoreSlim(0);
        var old = UnixServer.Start(Path, async (stream, _) =>
        {
            var buffer = new byte[1];
            await stream.ReadExactlyAsync(buffer, CancellationToken.None);
            await stream.WriteAsync(buffer, CancellationToken.None);
        }, one);
        var clients = Enumerable.Range(0, 5).Select(_ => UnixStream.Connect(Path)).ToArray(); // four of them wait
        using var fresh = UnixListener.Listen(Path, Replacing);
        var stopped = old.StopAsync(TimeSpan.FromSeconds(20));
        for (var i = 0; i < clients.Length; i++)
        {
            clients[i].WriteByte((byte)i);
            Assert.Equal(i, clients[i].ReadByte());
            clients[i].Dispose();
        }
        Assert.True(await stopped);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(Timeout.Infinite)]
    [InlineData(60_000)]
    public async Task Handlers_of_a_replaced_server_at_its_connection_limit_are_asked_to_end(int milliseconds)
    {
        var old = UnixServer.Start(Path, static async (stream, stopping) =>
        {
            await stream.WriteAsync("x"u8.ToArray(), CancellationToken.None);
            await Task.Delay(Timeout.Infinite, stopping);
        }, new UnixServerOptions { MaxConnections = 1 });
        using UnixStream first = UnixStream.Connect(Path), second = UnixStream.Connect(Path);
        Assert.Equal('x', first.ReadByte());
        using var fresh = UnixListener.Listen(Path, Replacing);
        var stopped = old.StopAsync(TimeSpan.FromMilliseconds(milliseconds));
        Assert.True(await stopped.WaitAsync(TimeSpan.FromSeconds(25), TestContext.Current.CancellationToken));
        Assert.Equal('x', second.ReadByte());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_replaced_server_whose_handlers_never_end_stops_a_second_after_its_time()
    {
        var old = UnixServer.Start(
            Path, static (_, _) => Task.Delay(Timeout.Infinite, CancellationToken.None), new UnixServerOptions { MaxConnections = 1 });
        using UnixStream first = UnixStream.Connect(Path), second = UnixStream.Connect(Path);
        using var fresh = UnixListener.Listen(Path, Replacing);
        var start = Stopwatch.GetTimestamp();
        Assert.False(await old.StopAsync(TimeSpan.FromSeconds(4)));
        // It was the time twice and a second before.
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8));
    }
}
