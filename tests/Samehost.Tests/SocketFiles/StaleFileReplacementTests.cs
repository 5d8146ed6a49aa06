using System.Diagnostics;
using System.Text;
using Samehost.Interop;
using Samehost.SocketFiles;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.SocketFiles;

[Collection(NonParallel.Name)]
public sealed class StaleFileReplacementTests : SocketFileFixture
{
    [Fact]
    public void A_stale_socket_file_is_replaced_and_nothing_else_is_left()
    {
        LeaveStaleFile();
        var socket = NewSocket();
        using var file = SocketFile.Bind(socket, UnixEndPoint.FromPath(SocketPath));
        Assert.Equal(0, LibcSocket.Listen(socket, 1));
        Assert.Equal(0, LibcSocket.Connect(NewSocket(), Address(SocketPath)));
        Assert.Equal(["a.sock"], Temp.Names);
    }

    [Fact]
    public void A_stale_file_of_a_datagram_socket_is_replaced_too()
    {
        PlainBind(LibcSocket.SOCK_DGRAM).Dispose();
        using var file = Bind();
        Assert.Equal(["a.sock"], Temp.Names);
    }

    [Fact]
    public void Closing_removes_the_file_and_may_be_repeated()
    {
        var file = Bind();
        Assert.Equal(["a.sock"], Temp.Names);
        file.Dispose();
        Assert.Empty(Temp.Names);
        using var successor = Bind();
        file.Dispose();
        Assert.Equal(["a.sock"], Temp.Names);
    }

    [Fact]
    public void Closing_leaves_the_file_of_a_successor()
    {
        using (Bind())
        {
            File.Delete(SocketPath);
            PlainBind();
        }
        Assert.Equal(["a.sock"], Temp.Names);
    }

    [Fact]
    public void A_file_that_was_forgotten_is_not_removed()
    {
        var file = Bind();
        file.Forget();
        file.Dispose();
        Assert.Equal(["a.sock"], Temp.Names);
    }

    [Fact]
    public void A_fresh_path_needs_no_lock()
    {
        using var held = LockDirectory(Temp.FullPath);
        using var file = Bind(new SocketFileOptions { LockTimeout = TimeSpan.Zero });
        Assert.Equal(["a.sock"], Temp.Names);
    }

    [Fact]
    public void A_live_path_is_refused_without_waiting_for_the_lock()
    {
        PlainBind();
        using var held = LockDirectory(Temp.FullPath);
        Assert.Equal(Errno.EADDRINUSE, Refused().Errno);
    }

    [Fact]
    public void A_lock_that_another_process_holds_causes_EAGAIN_after_the_timeout()
    {
        LeaveStaleFile();
        var before = StatusOf(SocketPath);
        using var held = LockDirectory(Temp.FullPath);
        var start = Stopwatch.GetTimestamp();
        var e = Refused(new SocketFileOptions { LockTimeout = TimeSpan.FromMilliseconds(200) });
        var waited = Stopwatch.GetElapsedTime(start);
        Assert.Equal(Errno.EAGAIN, e.Errno);
        Assert.Contains(Temp.FullPath, e.Hint, StringComparison.Ordinal);
        Assert.InRange(waited.TotalMilliseconds, 180, 5_000);
        Assert.Equal(before, StatusOf(SocketPath));
        Assert.Equal(["a.sock"], Temp.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_lock_that_is_released_in_time_is_taken()
    {
        LeaveStaleFile();
        var held = LockDirectory(Temp.FullPath);
        var binding = Task.Run(() => Bind(new SocketFileOptions { LockTimeout = TimeSpan.FromSeconds(30) }));
        Assert.NotSame(binding, await Task.WhenAny(binding, Task.Delay(100, TestContext.Current.CancellationToken)));
        held.Dispose();
        using var file = await binding;
        Assert.Equal(["a.sock"], Temp.Names);
    }

    [Fact(Timeout = 180_000)]
    public async Task In_a_directory_that_cannot_be_read_a_lock_file_is_used_and_removed()
    {
        var path = Path.Combine(MakeUnreadableDirectory(), "a.sock");
        await using (var first = PeerProcess.StartAsOrdinaryUser(Temp, "crash-bound", path))
            await first.WaitAsync();
        var stale = StatusOf(path).Id.Inode;

        await using var second = PeerProcess.StartAsOrdinaryUser(Temp, "bind-and-hold", path);
        await second.ExpectAsync("ready");
        Assert.Equal(["a.sock"], NamesIn(path));
        Assert.Equal(0, await second.FinishAsync());
        Assert.Empty(NamesIn(path));
        Assert.NotEqual(0UL, stale);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_lock_file_that_is_locked_causes_EAGAIN_and_one_with_content_is_kept()
    {
        var path = Path.Combine(MakeUnreadableDirectory(), "a.sock");
        File.WriteAllText(path + ".lock", "another's");
        OrdinaryUser.Give(path + ".lock");
        LeaveStaleFile(path);
        OrdinaryUser.Give(path);

        Assert.True(LibcFile.Open(Encoding.UTF8.GetBytes(path + ".lock"), LibcFile.O_RDWR, 0, out var held) >= 0);
        Assert.Equal(0, LibcLock.TryLock(held!));
        await using (var late = PeerProcess.StartAsOrdinaryUser(Temp, "bind-and-hold", path, "--lock-timeout", "100"))
        {
            await late.ExpectAsync("failed EAGAIN bind failed: Resource temporarily unavailable (11)");
            Assert.Contains("a.sock.lock", await late.ReadLineAsync(), StringComparison.Ordinal);
        }
        held!.Dispose();

        await using var peer = PeerProcess.StartAsOrdinaryUser(Temp, "bind-and-hold", path);
        await peer.ExpectAsync("ready");
        Assert.Equal(["a.sock", "a.sock.lock"], NamesIn(path));
        Assert.Equal("another's", File.ReadAllText(path + ".lock"));
    }

    private string MakeUnreadableDirectory()
    {
        var directory = Temp.MakeDirectory("dark", 0b011_000_000);
        OrdinaryUser.Give(directory);
        return directory;
    }

    /// <summary>What is beside the socket; an ordinary user has to make the directory readable to look.</summary>
    private static string[] NamesIn(string socket)
    {
        var directory = Path.GetDirectoryName(socket)!;
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_000_000);
        return [.. Directory.GetFileSystemEntries(directory).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];
    }

    private static Descriptor LockDirectory(string path)
    {
        Assert.True(LibcFile.Open(Encoding.UTF8.GetBytes(path), LibcFile.O_DIRECTORY, 0, out var directory) >= 0);
        Assert.Equal(0, LibcLock.TryLock(directory!));
        return directory!;
    }
}
