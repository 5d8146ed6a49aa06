using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>Socket files that are mounted, and file systems whose device numbers differ from the kernel's table of sockets.</summary>
public sealed class MountTests
{
    private const int Limit = 120_000;

    [Fact(Timeout = Limit)]
    public async Task A_mounted_socket_file_whose_server_was_restarted_is_the_old_one()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        string path = folder.Serve("app.sock"), place = folder["mounted.sock"];
        File.WriteAllText(place, "");
        var container = await folder.StartAsync(
            "unshare", "--mount", "sh", "-c", $"mount --bind {path} {place} && exec \"$0\" \"$@\"");
        Assert.Equal(Errno.None, await container.CallAsync("explain", place));

        File.Delete(path);
        folder.CloseAll();
        folder.Serve("app.sock"); // the server has restarted, and made a new file
        Assert.Equal(Errno.ECONNREFUSED, await container.CallAsync("connect", place));
        Assert.Equal(Errno.ECONNREFUSED, await container.CallAsync("explain", place));
        foreach (var said in (string[])
            [await container.DescribeAsync("explain", place), await container.DescribeAsync("connect", place)])
        {
            Assert.Contains("Mount the directory", said, StringComparison.Ordinal);
            Assert.DoesNotContain("Start the server again", said, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_mounted_directory_that_was_removed_where_it_comes_from_is_the_old_one()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        string origin = folder.Temp.MakeDirectory("run", 0b111_101_101), place = folder.Temp.MakeDirectory("place", 0b111_101_101);
        var container = await folder.StartAsync(
            "unshare", "--mount", "sh", "-c", $"mount --bind {origin} {place} && exec \"$0\" \"$@\"");
        Directory.Delete(origin);
        folder.Temp.MakeDirectory("run", 0b111_101_101); // as RuntimeDirectory= of a service has it
        folder.Serve("run/app.sock");

        Assert.Equal(Errno.ENOENT, await container.CallAsync("connect", place + "/app.sock"));
        foreach (var call in (string[])["explain", "connect", "explain-bind", "safe-bind"])
        {
            var said = await container.DescribeAsync(call, place + "/app.sock");
            Assert.Contains("has been removed", said, StringComparison.Ordinal);
            Assert.DoesNotContain("Start the server", said, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_stale_file_that_cannot_be_removed_because_it_is_mounted_is_not_a_matter_of_permissions()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        string stale = folder.LeaveStaleFile("stale"), place = folder["app.sock"];
        File.WriteAllText(place, "");
        var container = await folder.StartAsync(
            "unshare", "--mount", "sh", "-c", $"mount --bind {stale} {place} && exec \"$0\" \"$@\"");

        foreach (var call in (string[])["safe-bind", "replace-live"])
        {
            Assert.Equal(Errno.EBUSY, await container.CallAsync(call, place));
            var hint = await container.DescribeAsync(call, place);
            Assert.Contains("bind mount", hint, StringComparison.Ordinal);
            Assert.DoesNotContain("may not remove", hint, StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData("mv app.sock new.sock")]
    [InlineData("ln app.sock new.sock")]
    public async Task On_an_overlay_a_socket_is_found_under_a_new_name_too(string rename)
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        // The layers are of different file systems, and the kernel then shows other device numbers than its table has.
        var (merged, prefix) = Overlay(folder);
        var server = await folder.StartAsync(prefix);
        Assert.Equal(Errno.None, await server.CallAsync("cd", merged));
        Assert.Equal(Errno.None, await server.CallAsync("keep", "app.sock", backlog: 8));
        Assert.Equal(Errno.None, await server.CallAsync("run", rename));

        foreach (var address in (string[])["new.sock", merged + "/new.sock"])
        {
            Assert.Equal(Errno.None, await server.CallAsync("connect", address));
            foreach (var call in (string[])["explain", "explain-quietly"])
            {
                var said = await server.DescribeAsync(call, address);
                Assert.Contains("A stream socket listens", said, StringComparison.Ordinal);
                Assert.Contains($"process {server.Id}", said, StringComparison.Ordinal);
                Assert.DoesNotContain("namespace", said, StringComparison.Ordinal);
            }
            Assert.Contains($"pid {server.Id}", await server.DescribeAsync("safe-bind", address), StringComparison.Ordinal);
        }
    }

    /// <summary>An overlay with an upper layer of its own file system, in a mount namespace that the prefix makes.</summary>
    private static (string Merged, string[] Prefix) Overlay(SituationDirectory folder)
    {
        string top = folder.Temp.MakeDirectory("overlay", 0b111_101_101), lower = folder.Temp.MakeDirectory("lower", 0b111_101_101);
        var script = $"mount -t tmpfs none {top} && cd {top} && mkdir upper work merged && chmod 755 {top} upper && " +
            $"mount -t overlay none -o lowerdir={lower},upperdir={top}/upper,workdir={top}/work {top}/merged && exec \"$0\" \"$@\"";
        return (top + "/merged", ["unshare", "--mount", "sh", "-c", script]);
    }
}
