using System.Globalization;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Peers;

public sealed class PeerProcessTests : SocketTest
{
    [Theory(Timeout = Limit)]
    [InlineData("stream")]
    [InlineData("seqpacket")]
    [InlineData("datagram")]
    public async Task A_peers_program_and_arguments_can_be_read_until_it_has_ended(string type)
    {
        await using var meeting = new Meeting(this, type);
        using var process = await meeting.WithAsync(PeerProcess.Start("scripted-client", Temp["a"], "--type", type));
        Assert.True(process.IsAlive);
        Assert.Equal(meeting.Peer!.Id, process.Id);
        Assert.Equal(new FileInfo($"/proc/{meeting.Peer.Id}/exe").LinkTarget, process.Executable);
        Assert.Equal(["exec", PeerProcess.AssemblyPath, "scripted-client", Temp["a"], "--type", type], process.CommandLine!.Skip(1));
        Assert.False(process.SafeHandle.IsInvalid);

        await meeting.Peer.KillAsync();
        IsGone(process);
    }

    [Fact(Timeout = Limit)]
    public async Task A_zombie_process_has_ended()
    {
        await using var meeting = new Meeting(this, "stream");
        string[] parent = ["/bin/sh", "-c", "exec 3<&0; \"$@\" <&3 & exec sleep 60", "sh"];
        using var process = await meeting.WithAsync(PeerProcess.StartUnder(Temp, parent, "scripted-client", Temp["a"]));
        Assert.NotEqual(meeting.Peer!.Id, process.Id);
        var id = process.Id!.Value;
        Command.Run("/bin/sh", "-c", string.Create(CultureInfo.InvariantCulture, $"kill -9 {id}"));
        await Eventually.IsTrueAsync(() => !process.IsAlive, "the process ended");
        Assert.Contains("Z (zombie)", File.ReadAllText($"/proc/{id}/status"), StringComparison.Ordinal);
        Assert.Null(process.Executable);
        Assert.Null(process.CommandLine);
    }

    [Fact(Timeout = Limit)]
    public async Task A_process_that_ended_before_is_reported_as_ended()
    {
        using var listener = UnixListener.Listen(At("a"));
        await using var peer = PeerProcess.Start("scripted-client", Temp["a"]);
        await peer.ExpectAsync("ready");
        Assert.Equal("connected", await peer.AskAsync("connect"));
        using var accepted = await listener.AcceptAsync(Token);
        await peer.KillAsync();
        Samehost.PeerProcess? process = null;
        try
        {
            process = accepted.OpenPeerProcess();
        }
        catch (UnixSocketException e) when (e.Errno is Errno.EINVAL or Errno.ESRCH)
        {
            Assert.Skip("run on Linux 6.16: earlier kernels have no pidfd for a process that has ended");
        }

        using (process)
            IsGone(process!);
        Assert.Equal(peer.Id, accepted.GetPeerCredentials().ProcessId);
    }

    [Fact]
    public void Our_own_process_can_be_examined_like_any_other()
    {
        var (first, second) = UnixSeqpacket.CreatePair();
        using var one = first;
        using var other = second;
        var process = one.OpenPeerProcess();
        Assert.True(process.IsAlive);
        Assert.Equal(Environment.ProcessId, process.Id);
        Assert.Equal(Environment.ProcessPath, process.Executable);
        process.Dispose();
        Assert.Throws<ObjectDisposedException>(() => process.Id);
    }

    private static void IsGone(Samehost.PeerProcess process)
    {
        Assert.False(process.IsAlive);
        Assert.Null(process.Id);
        Assert.Null(process.Executable);
        Assert.Null(process.CommandLine);
    }

    /// <summary>A socket of ours that meets one peer.</summary>
    private sealed class Meeting(PeerProcessTests test, string type) : IAsyncDisposable
    {
        private readonly IDisposable _ours = type switch
        {
            "stream" => UnixListener.Listen(test.At("a")),
            "seqpacket" => UnixSeqpacketListener.Listen(test.At("a")),
            _ => UnixDatagram.Bind(test.At("a"), new UnixDatagramOptions { ReceiveCredentials = true }),
        };

        public PeerProcess? Peer { get; private set; }

        public async Task<Samehost.PeerProcess> WithAsync(PeerProcess peer)
        {
            Peer = peer;
            await peer.ExpectAsync("ready");
            Assert.Equal("connected", await peer.AskAsync("connect"));
            Assert.Equal("sent", await peer.AskAsync("send hello"));
            switch (_ours)
            {
                case UnixListener streams:
                    using (var accepted = await streams.AcceptAsync(Token))
                        return accepted.OpenPeerProcess();
                case UnixSeqpacketListener seqpackets:
                    using (var accepted = await seqpackets.AcceptAsync(Token))
                        return accepted.OpenPeerProcess();
                default:
                    return (await ((UnixDatagram)_ours).ReceiveAsync(new byte[10], null, Token)).Process!;
            }
        }

        public async ValueTask DisposeAsync()
        {
            _ours.Dispose();
            if (Peer is not null)
                await Peer.DisposeAsync();
        }
    }
}
