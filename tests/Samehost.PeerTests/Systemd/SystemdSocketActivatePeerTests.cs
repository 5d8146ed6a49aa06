using System.Text;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Systemd;

/// <summary>A program started by systemd-socket-activate, which waits for the first client and then executes the program.</summary>
public sealed class SystemdSocketActivatePeerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task A_stream_listener_is_passed()
    {
        await using var program = await ActivateAsync("-l", _folder["web"]);
        await using var client = await UnixStream.ConnectAsync(At("web"), cancellationToken: Stop);
        await client.WriteAsync("g1"u8.ToArray(), Stop);
        Assert.Equal("unknown: g1", await ReadAsync(client));
        await ExpectStartAsync(program, $"0 unknown (StreamListener, {_folder["web"]})");
        Assert.Contains("web", _folder.Names); // the manager deletes it
    }

    [Fact(Timeout = 180_000)]
    public async Task A_datagram_socket_is_passed()
    {
        await using var program = await ActivateAsync("-d", "-l", _folder["log"]);
        await using var client = UnixDatagram.Bind(At("client"));
        client.SendTo("g1"u8, At("log"));
        var buffer = new byte[100];
        var answer = await client.ReceiveAsync(buffer, Stop);
        Assert.Equal("unknown: g1", Encoding.UTF8.GetString(buffer, 0, answer.Count));
        await ExpectStartAsync(program, $"0 unknown (Datagram, {_folder["log"]})");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_seqpacket_listener_is_passed()
    {
        await using var program = await ActivateAsync("--seqpacket", "-l", _folder["records"]);
        await using var client = await UnixSeqpacket.ConnectAsync(At("records"), cancellationToken: Stop);
        await client.SendAsync("g1"u8.ToArray(), cancellationToken: Stop);
        var buffer = new byte[100];
        using var answer = await client.ReceiveAsync(buffer, cancellationToken: Stop);
        Assert.Equal("unknown: g1", Encoding.UTF8.GetString(buffer, 0, answer.Count));
        await ExpectStartAsync(program, $"0 unknown (SeqpacketListener, {_folder["records"]})");
    }

    [Fact(Timeout = 180_000)]
    public async Task Several_sockets_are_passed_with_their_names()
    {
        await using var program = await ActivateAsync("-l", _folder["a"], "-l", _folder["b"], "--fdname=front:back");
        await using var front = await UnixStream.ConnectAsync(At("a"), cancellationToken: Stop);
        await using var back = await UnixStream.ConnectAsync(At("b"), cancellationToken: Stop);
        await front.WriteAsync("g1"u8.ToArray(), Stop);
        await back.WriteAsync("g2"u8.ToArray(), Stop);
        Assert.Equal("front: g1", await ReadAsync(front));
        Assert.Equal("back: g2", await ReadAsync(back));
        await ExpectStartAsync(program, $"0 front (StreamListener, {_folder["a"]})", $"1 back (StreamListener, {_folder["b"]})");
    }

    [Fact(Timeout = 180_000)]
    public async Task Variables_for_another_process_pass_nothing()
    {
        string[] given = ["LISTEN_PID=1", "LISTEN_FDS=1", "LISTEN_FDNAMES=web"];
        await using var program = RunningProgram.Start("env", [.. given, Programs.TestPeer, "activated", _folder.Root]);
        await program.ExpectAsync("variables left: 0");
        await program.ExpectExitAsync(0);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private UnixEndPoint At(string name) => UnixEndPoint.FromPath(_folder[name]);

    private Task<RunningProgram> ActivateAsync(params string[] options) =>
        SocketActivation.StartAsync(options, Programs.TestPeer, "activated", _folder.Root);

    private static async Task ExpectStartAsync(RunningProgram program, params string[] sockets)
    {
        await program.ExpectAsync([.. sockets, "variables left: 0"]);
        Assert.Equal(0, await program.ExitStatusAsync());
    }

    private static async Task<string> ReadAsync(UnixStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        return await reader.ReadToEndAsync(Stop);
    }
}
