using System.Runtime.InteropServices;
using Samehost.PeerTests.Interop;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Family;

/// <summary><c>socket.send_fds</c> and <c>socket.recv_fds</c> in both directions, with files and memory.</summary>
public sealed class PythonDescriptorTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Descriptors_of_Python_are_received_with_their_bytes_and_kinds()
    {
        await using var listener = UnixListener.Listen(
            UnixEndPoint.FromPath(_folder["pass"]), new UnixListenerOptions { AcceptDescriptors = true });
        await File.WriteAllTextAsync(_folder["file"], "from a file", Stop);
        await using var python = RunningProgram.Start(ForeignProgram.Python, "-c", """
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            memory = os.memfd_create("test"); os.write(memory, b"from memory")
            file = os.open(sys.argv[2], os.O_RDONLY)
            socket.send_fds(s, [b"one"], [file])
            socket.send_fds(s, [b"two"], [file, memory])
            s.sendall(b"plain")
            """, _folder["pass"], _folder["file"]);
        await using var stream = await listener.AcceptAsync(Stop);
        var buffer = new byte[100];
        using (var one = await stream.ReceiveAsync(buffer, cancellationToken: Stop))
        {
            Assert.Equal("one"u8, buffer.AsSpan(0, one.Count));
            Assert.Equal(1, one.Descriptors.Count);
            Assert.Equal("from a file", Read(one.Descriptors.Take(0)));
        }

        using (var two = await stream.ReceiveAsync(buffer, cancellationToken: Stop))
        {
            Assert.Equal("two"u8, buffer.AsSpan(0, 3));
            Assert.Equal(2, two.Descriptors.Count);
            Assert.Equal([DescriptorKinds.File, DescriptorKinds.Memory], [two.Descriptors.GetKind(0), two.Descriptors.GetKind(1)]);
            Assert.Equal("from memory", Read(two.Descriptors.Take(1)));
        }

        await python.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task Python_receives_our_descriptors()
    {
        await using var python = RunningProgram.Start(ForeignProgram.Python, "-c", """
            import os, socket, sys
            l = socket.socket(socket.AF_UNIX); l.bind(sys.argv[1]); l.listen(); s, _ = l.accept()
            while True:
                data, fds, flags, _ = socket.recv_fds(s, 100, 10)
                if not data: break
                print(data.decode(), *[os.pread(fd, 100, 0).decode() for fd in fds], flush=True)
            """, _folder["pass"]);
        await SocketTable.WaitForServerAsync(_folder["pass"]);
        await File.WriteAllTextAsync(_folder["file"], "from a file", Stop);
        using var file = File.OpenHandle(_folder["file"]);
        using SafeHandle memory = LibcMemfd.Create("from memory"u8);
        await using var stream = await UnixStream.ConnectAsync(UnixEndPoint.FromPath(_folder["pass"]), cancellationToken: Stop);
        await stream.SendAsync("one"u8.ToArray(), [file], Stop);
        await python.ExpectAsync("one from a file");
        stream.Send("two"u8, [memory, file]);
        await python.ExpectAsync("two from memory from a file");
        stream.ShutdownWrite();
        await python.ExpectExitAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task Descriptors_are_sent_with_datagrams_in_both_directions()
    {
        await using var ours = UnixDatagram.Bind(
            UnixEndPoint.FromPath(_folder["ours"]), new UnixDatagramOptions { AcceptDescriptors = true });
        await using var python = RunningProgram.Start(ForeignProgram.Python, "-c", """
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); s.connect(sys.argv[2])
            data, fds, flags, _ = socket.recv_fds(s, 100, 10)
            socket.send_fds(s, [b"back: " + data], fds)
            """, _folder["theirs"], _folder["ours"]);
        await SocketTable.WaitForServerAsync(_folder["theirs"]);
        using SafeHandle memory = LibcMemfd.Create("there and back"u8);
        ours.Send("g1"u8, new UnixAncillaryData { Descriptors = [memory] }, UnixEndPoint.FromPath(_folder["theirs"]));
        var buffer = new byte[100];
        using var back = await ours.ReceiveAsync(buffer, cancellationToken: Stop);
        Assert.Equal("back: g1"u8, buffer.AsSpan(0, back.Count));
        Assert.Equal("there and back", Read(back.Descriptors.Take(0)));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Read(Microsoft.Win32.SafeHandles.SafeFileHandle handle)
    {
        using (handle)
        {
            var buffer = new byte[100];
            return System.Text.Encoding.UTF8.GetString(buffer, 0, RandomAccess.Read(handle, buffer, 0));
        }
    }
}
