using System.Text;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Systemd;

/// <summary>Notifications of systemd-notify to a manager in this process, and notifications of the library to managers of others.</summary>
public sealed class SystemdNotifierPeerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Systemd_notify_sends_its_credentials_and_waits_until_its_barrier_is_closed(bool isAbstract)
    {
        var program = ForeignProgram.SystemdNotifier;
        var address = isAbstract ? $"@samehost-{Guid.NewGuid():N}" : _folder["notify.sock"];
        await using var manager = UnixDatagram.Bind(
            UnixEndPoint.Parse(address),
            new UnixDatagramOptions { ReceiveCredentials = true, AcceptDescriptors = true, PeerPolicy = PeerPolicy.SelfAndRoot });
        await using var notify =
            RunningProgram.Start("env", $"NOTIFY_SOCKET={address}", program, "--ready", "--status=all is well", "--pid=self");

        var buffer = new byte[4096];
        using (var ready = await manager.ReceiveAsync(buffer, cancellationToken: Stop))
        {
            var lines = Encoding.UTF8.GetString(buffer, 0, ready.Count).Split('\n');
            Assert.Contains("READY=1", lines);
            Assert.Contains("STATUS=all is well", lines);
            Assert.Equal(0, ready.Descriptors.Count);
            Assert.Equal(notify.Id, ready.Credentials!.ProcessId);
            Assert.Equal(UnixCredentials.Current.UserId, ready.Credentials.UserId);
            Assert.Equal(UnixCredentials.Current.GroupId, ready.Credentials.GroupId);
        }

        using (var barrier = await manager.ReceiveAsync(buffer, DescriptorOptions.Default, Stop))
        {
            Assert.Equal("BARRIER=1", Encoding.UTF8.GetString(buffer, 0, barrier.Count));
            Assert.Equal(1, barrier.Descriptors.Count);
            Assert.Equal(DescriptorKinds.Pipe, barrier.Descriptors.GetKind(0));
            Assert.False(notify.HasExited);
        }

        await notify.ExpectExitAsync(0);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_manager_in_Python_receives_our_notifications_credentials_and_barrier(bool isAbstract)
    {
        var address = isAbstract ? $"@samehost-{Guid.NewGuid():N}" : _folder["notify.sock"];
        const string Manager = """
            import os, socket, struct, sys
            address = sys.argv[1]
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            s.bind("\0" + address[1:] if address[0] == "@" else address)
            print("ready", flush=True)
            while True:
                data, ancillary, flags, _ = s.recvmsg(4096, 4096)
                fds, sender = [], None
                for level, kind, content in ancillary:
                    if kind == socket.SCM_RIGHTS:
                        fds += struct.unpack(f"{len(content) // 4}i", content)
                    if kind == 2:
                        sender = struct.unpack("iII", content)
                what = [os.read(fd, 100).decode().strip() for fd in fds] if b"FDSTORE" in data else len(fds)
                print(data.decode().replace("\n", " "), sender[0], sender[1], what, flush=True)
                if b"BARRIER" in data:
                    sys.stdin.readline()
                for fd in fds:
                    os.close(fd)
            """;
        await using var manager = RunningProgram.Start(ForeignProgram.Python, "-c", Manager, address);
        await manager.ExpectAsync("ready");
        var notify = new SystemdNotifier(UnixEndPoint.Parse(address), TimeSpan.FromSeconds(30));
        var us = $"{Environment.ProcessId} {UnixCredentials.Current.UserId}";

        Assert.True(notify.NotifyReady("well"));
        await manager.ExpectAsync($"READY=1 STATUS=well {us} 0");
        await using (notify.StartWatchdog())
            await manager.ExpectAsync($"WATCHDOG=1 {us} 0");
        await File.WriteAllTextAsync(_folder["stored"], "kept for later", Stop);
        using (var file = File.OpenHandle(_folder["stored"]))
            Assert.True(notify.StoreDescriptors("files", [file]));
        await manager.ExpectAsync($"FDSTORE=1 FDNAME=files {us} ['kept for later']");

        var barrier = notify.WaitForBarrierAsync(RunningProgram.Deadline, Stop).AsTask();
        await manager.ExpectAsync($"BARRIER=1 {us} 1");
        Assert.False(barrier.IsCompleted);
        manager.Type("let go");
        Assert.True(await barrier);
    }

    [Fact(Timeout = 180_000)]
    public async Task Socat_receives_our_notifications()
    {
        await using var manager =
            RunningProgram.Start(ForeignProgram.Socat, "-u", $"UNIX-RECV:{_folder["notify.sock"]}", "STDOUT");
        await SocketTable.WaitForServerAsync(_folder["notify.sock"]);
        var notify = new SystemdNotifier(UnixEndPoint.FromPath(_folder["notify.sock"]));
        Assert.True(await notify.SendAsync(["STOPPING=1", "STATUS=bye"], cancellationToken: Stop));
        await manager.ExpectTextAsync("STOPPING=1\nSTATUS=bye");
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
}
