using System.Net.Sockets;
using Samehost.Tool.Tests.Relay;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Replay;

public sealed class RelayRecordTests : RelayFixture
{
    [Fact(Timeout = 180_000)]
    public async Task Seqpacket_records_keep_their_boundaries_even_empty_and_large_ones()
    {
        using var listener = Listen(Local(ToPath), SocketType.Seqpacket);
        var (run, address) = await RelayAsync(FromPath, listener.LocalEndPoint!, "--type", "seqpacket");
        await using var _ = run;
        using var client = await ConnectAsync(address, SocketType.Seqpacket);
        using var server = await listener.AcceptAsync(Stop);
        client.SendBufferSize = 1_000_000;
        int[] lengths = [1, 0, 100_000, 7, 200_000, 0];
        var buffer = new byte[300_000];
        foreach (var (from, to) in new[] { (client, server), (server, client) })
        {
            foreach (var length in lengths)
            {
                var record = new byte[length];
                Array.Fill(record, (byte)length);
                if (from == server)
                    from.SendBufferSize = 1_000_000;
                await from.SendAsync(record, Stop);
                Assert.Equal(record, buffer[..await to.ReceiveAsync(buffer, Stop)]);
            }
        }
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await server.ReceiveAsync(buffer, Stop));
        await server.SendAsync("still here"u8.ToArray(), Stop);
        Assert.Equal("still here", await ReceiveTextAsync(client));
    }

    [Fact(Timeout = 180_000)]
    public async Task Datagrams_reach_the_server_and_answers_reach_their_sender()
    {
        using var server = Listen(Local(ToPath), SocketType.Dgram);
        var (run, address) = await RelayAsync(FromPath, Local(ToPath), "--type", "datagram", "--dump", "text");
        await using var _ = run;
        var buffer = new byte[1000];
        Socket[] clients = [.. new[] { "a", "b" }.Select(name => Listen(Local(Path.Join(Temporary, name)), SocketType.Dgram))];
        foreach (var i in new[] { 0, 1, 0 })
        {
            await clients[i].SendToAsync(new byte[] { (byte)i }, address, Stop);
            var asked = await server.ReceiveFromAsync(buffer, new UnixDomainSocketEndPoint("/"), Stop);
            Assert.Equal((1, (byte)i), (asked.ReceivedBytes, buffer[0]));
            await server.SendToAsync(new byte[] { (byte)i, 9 }, asked.RemoteEndPoint, Stop);
            Assert.Equal([(byte)i, 9], buffer[..await clients[i].ReceiveAsync(buffer, Stop)]);
        }
        using var nameless = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        await nameless.SendToAsync("one way"u8.ToArray(), address, Stop);
        Assert.Equal("one way", await ReceiveTextAsync(server));
        run.Terminate();
        var shown = (await run.EndAsync()).Output;
        Assert.Contains("1 = ended: 2 bytes to the server, 4 to the client\n", shown, StringComparison.Ordinal);
        Assert.Contains("3 = ended: 7 bytes to the server, 0 to the client\n", shown, StringComparison.Ordinal);
        Array.ForEach(clients, c => c.Dispose());
    }

    [Theory(Timeout = 180_000)]
    [InlineData("stream")]
    [InlineData("seqpacket")]
    [InlineData("datagram")]
    public async Task Descriptors_are_relayed_and_recorded(string type)
    {
        const string Pass = """
            import socket, os, sys, array
            kind = {"stream": socket.SOCK_STREAM, "seqpacket": socket.SOCK_SEQPACKET, "datagram": socket.SOCK_DGRAM}[sys.argv[3]]
            server = socket.socket(socket.AF_UNIX, kind); server.bind(sys.argv[2])
            if kind != socket.SOCK_DGRAM: server.listen()
            print("ready", flush=True)
            sys.stdin.readline()
            client = socket.socket(socket.AF_UNIX, kind); client.connect(sys.argv[1])
            r, w = os.pipe(); os.write(w, b"through")
            socket.send_fds(client, [b"x"], [r, 0])
            if kind != socket.SOCK_DGRAM: server, _ = server.accept()
            data, fds, flags, _ = socket.recv_fds(server, 10, 4)
            print(data, len(fds), os.read(fds[0], 20), flags & socket.MSG_CTRUNC, flush=True)
            """;
        await using var python = StartProgram(ForeignProgram.Python, "-c", Pass, FromPath, ToPath, type);
        await python.ReadUntilAsync("ready\n");
        var (run, _) = await RelayAsync(FromPath, Local(ToPath), "--type", type, "--dump", "text");
        await using var __ = run;
        python.Input.Write("\n"u8);
        python.Input.Flush();
        Assert.Equal("ready\nb'x' 2 b'through' 0\n", (await python.EndAsync()).Output);
        var shown = await run.ReadUntilAsync("  x\n");
        Assert.Contains("1 > 1 byte and 2 descriptors: pipe, pipe\n", shown, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_descriptor_that_is_not_accepted_is_refused_by_the_kernel_or_dropped()
    {
        const string Send = """
            import socket, sys
            client = socket.socket(socket.AF_UNIX); client.connect(sys.argv[1])
            try:
                socket.send_fds(client, [b"x"], [0])
                print("sent", flush=True)
            except PermissionError:
                client.send(b"x")
                print("refused", flush=True)
            client.recv(1)
            """;
        using var listener = Listen(Local(ToPath));
        var (run, _) = await RelayAsync(FromPath, Local(ToPath), "--no-descriptors");
        await using var __ = run;
        await using var python = StartProgram(ForeignProgram.Python, "-c", Send, FromPath);
        using var server = await listener.AcceptAsync(Stop);
        Assert.Equal("x", await ReceiveTextAsync(server));
        server.Dispose();
        Assert.Contains((await python.EndAsync()).Output, new[] { "sent\n", "refused\n" });
    }

    [Fact(Timeout = 180_000)]
    public async Task An_existing_recording_is_kept_if_the_relay_cannot_start()
    {
        var file = Path.Join(Temporary, "talk.jsonl");
        File.WriteAllText(file, "precious");
        using var other = Listen(Local(FromPath));
        var result = await RunAsync("relay", FromPath, ToPath, "--record", file);
        Assert.Equal(1, result.Status);
        Assert.StartsWith("samehost: bind failed: ", result.Errors, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(file));
    }
}
