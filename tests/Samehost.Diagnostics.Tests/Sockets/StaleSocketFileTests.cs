using System.Net.Sockets;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Sockets;

/// <summary>The socket files that are reported as stale.</summary>
[Collection(NonParallel.Name)]
public sealed class StaleSocketFileTests : SocketTest
{
    [Fact]
    public void A_file_whose_socket_is_closed_is_stale_and_a_bound_one_is_not()
    {
        LeaveBehind("dead");
        using var live = UnixListener.Listen(At("live"));
        using var notListening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        notListening.Bind(At("bound"));
        File.WriteAllText(Temp["plain"], "");
        var found = Assert.Single(Found());
        Assert.Equal(At("dead"), found.EndPoint);
        Assert.Equal(Environment.UserName, found.UserName);
    }

    [Fact]
    public void Links_are_not_followed()
    {
        LeaveBehind("dead");
        using var live = UnixListener.Listen(At("live"));
        File.CreateSymbolicLink(Temp["link"], Temp["dead"]);
        Assert.Equal([At("dead")], Found().Select(f => f.EndPoint));
    }

    [Fact]
    public void A_quick_check_probes_some_of_many_files_and_reports_that_there_are_more()
    {
        for (var i = 0; i < 10; i++)
            LeaveBehind($"dead{i}");
        using var live = UnixListener.Listen(At("live"));
        var found = StaleSocketFile.FindQuickly(UnixSocketTable.Read(withProcesses: false));
        Assert.InRange(found.Files.Count(IsOurs), 1, 5);
        Assert.False(found.IsComplete);
        Assert.Equal(10, Found().Length);
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_of_a_socket_in_another_network_namespace_is_not_stale()
    {
        Assert.SkipUnless(OrdinaryUser.WeAreRoot, "run the tests as root: an ordinary user cannot make a network namespace");
        LeaveBehind("dead");
        using var live = UnixListener.Listen(At("live"));
        await using var peer = PeerProcess.StartUnder(Temp, ["unshare", "--net"], "bind-and-hold", Temp["elsewhere"]);
        await peer.ExpectAsync("ready");
        Assert.Empty(UnixSocketTable.Read().BoundTo(At("elsewhere")));
        Assert.Equal([At("dead")], Found().Select(f => f.EndPoint));
    }

    private StaleSocketFile[] Found() => [.. StaleSocketFile.Find(UnixSocketTable.Read(withProcesses: false)).Files.Where(IsOurs)];

    private bool IsOurs(StaleSocketFile file) => file.EndPoint.Path!.StartsWith(Temp.FullPath, StringComparison.Ordinal);

    private void LeaveBehind(string name)
    {
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(Temp[name]));
            File.Move(Temp[name], Temp[name + "-"]); // closing looks for the old path in vain
        }
        File.Move(Temp[name + "-"], Temp[name]);
    }
}
