using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Family;

/// <summary>SO_PEERCRED in both directions with Python.</summary>
public sealed class PythonCredentialTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Each_end_reads_the_credentials_of_the_other_when_Python_connects()
    {
        await using var listener = UnixListener.Listen(UnixEndPoint.FromPath(_folder["who"]));
        await using var python = RunningProgram.Start(ForeignProgram.Python, "-c", """
            import os, socket, struct, sys
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            print(*struct.unpack("iII", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)), flush=True)
            print(*sorted({os.getegid(), *os.getgroups()}), flush=True)
            sys.stdin.read()
            """, _folder["who"]);
        await using var stream = await listener.AcceptAsync(Stop);
        var peer = stream.GetPeerCredentials();
        Assert.Equal(python.Id, peer.ProcessId);
        Assert.Equal((UnixCredentials.Current.UserId, UnixCredentials.Current.GroupId), (peer.UserId, peer.GroupId));
        await python.ExpectAsync($"{Environment.ProcessId} {UnixCredentials.Current.UserId} {UnixCredentials.Current.GroupId}");
        await python.ExpectAsync(string.Join(' ', peer.Groups.Append(peer.GroupId).Distinct().Order()));
        using var process = stream.OpenPeerProcess();
        Assert.Equal(python.Id, process.Id);
        Assert.Contains("python", process.Executable, StringComparison.Ordinal);
        python.CloseInput();
        await python.ExpectExitAsync(0);
        Assert.False(process.IsAlive);
        Assert.Equal(python.Id, stream.GetPeerCredentials().ProcessId); // at the time of the connect
    }

    [Fact(Timeout = 180_000)]
    public async Task Each_end_reads_the_credentials_of_the_other_when_Python_listens()
    {
        await using var python = RunningProgram.Start(ForeignProgram.Python, "-c", """
            import socket, struct, sys
            l = socket.socket(socket.AF_UNIX); l.bind(sys.argv[1]); l.listen(); s, _ = l.accept()
            print(*struct.unpack("iII", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)), flush=True)
            sys.stdin.read()
            """, _folder["who"]);
        await SocketTable.WaitForServerAsync(_folder["who"]);
        await using var stream = await UnixStream.ConnectAsync(
            UnixEndPoint.FromPath(_folder["who"]), new UnixConnectOptions { RequireServer = PeerPolicy.Parse("self") }, Stop);
        Assert.Equal(python.Id, stream.GetPeerCredentials().ProcessId);
        await python.ExpectAsync($"{Environment.ProcessId} {UnixCredentials.Current.UserId} {UnixCredentials.Current.GroupId}");
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
}
