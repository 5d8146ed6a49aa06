using FsCheck;
using FsCheck.Fluent;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>Whichever way a path leads, through links, dots and what is missing, the prediction is what the kernel then does.</summary>
public sealed class PathPropertyTests
{
    private const int Limit = 300_000;
    private const int Trees = 60;
    private const int PathsInEach = 12;
    private const int Links = 4;

    // Directories a, a/b and a closed c; s is a socket wherever there is one, f a file, n never there, 0 to 3 are links.
    private static readonly string[] Names = ["a", "b", "c", "s", "f", "n", ".", "..", "0", "1", "2", "3"];

    private static Gen<string> Relative =>
        from count in Gen.Choose(1, 5)
        from names in Gen.Elements(Names).ArrayOf(count)
        from slash in Gen.Frequency((6, Gen.Constant("")), (1, Gen.Constant("/")))
        select string.Join('/', names) + slash;

    [Fact(Timeout = Limit)]
    public async Task A_path_is_followed_as_the_kernel_follows_it()
    {
        OtherUser.NeedsRoot();
        await using var home = new SituationDirectory();
        CallingUser root = await home.StartAsync(), other = await home.StartAsync(OtherUser.With());
        var otherUser = new UnixExplainOptions { User = new UnixUser(OtherUser.Id, OtherUser.Group) };
        var seen = new HashSet<Errno>();
        for (var tree = 0; tree < Trees; tree++)
        {
            await using var folder = new SituationDirectory();
            var start = folder.Temp.FullPath;
            var links = string.Join(", ", MakeTree(folder, start));
            foreach (var path in Relative.Sample(PathsInEach).Select(p => $"{start}/{p}"))
            {
                Errno asRoot = await root.CallAsync("connect", path), asOther = await other.CallAsync("connect", path);
                Assert.True(asRoot == UnixExplanation.ExplainConnect(path).Verdict.Errno, $"root, {asRoot}: {path} with {links}");
                var predicted = UnixExplanation.ExplainConnect(path, otherUser).Verdict.Errno;
                Assert.True(asOther == predicted, $"user, {asOther}: {path} with {links}");
                seen.UnionWith([asRoot, asOther]);
            }
        }
        // Otherwise the paths would not lead anywhere worth looking at.
        Assert.Superset(
            new HashSet<Errno>([Errno.None, Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.EACCES, Errno.ECONNREFUSED]), seen);
    }

    [Theory(Timeout = Limit)]
    [InlineData(40, Errno.None)]
    [InlineData(41, Errno.ELOOP)]
    public async Task Forty_links_are_followed_and_no_more(int count, Errno expected)
    {
        await using var folder = new SituationDirectory();
        folder.Serve("0");
        for (var i = 1; i <= count; i++)
            File.CreateSymbolicLink(folder[$"{i}"], $"{i - 1}");
        var caller = await folder.StartAsync();

        Assert.Equal(expected, await caller.CallAsync("connect", folder[$"{count}"]));
        Assert.Equal(expected, UnixExplanation.ExplainConnect(folder[$"{count}"]).Verdict.Errno);
    }

    private static List<string> MakeTree(SituationDirectory folder, string start)
    {
        folder.Temp.MakeDirectory("a", 0b111_101_101);
        folder.Temp.MakeDirectory("a/b", 0b111_101_101);
        folder.Temp.MakeDirectory("c", 0b111_000_000);
        foreach (var socket in (string[])["s", "a/s", "a/b/s", "c/s"])
            folder.Serve(socket);
        File.WriteAllText(folder["a/f"], "");
        folder.SetMode(folder["a/f"], 0b110_110_110);

        string[] places = ["", "a/", "a/b/", "c/"];
        var made = new List<string>();
        foreach (var (target, i) in Relative.Sample(Links).Select((t, i) => (t, i)))
        {
            var link = places[(i + target.Length) % places.Length] + i;
            var text = target.Length % 3 == 0 ? $"{start}/{target}" : target;
            File.CreateSymbolicLink(folder[link], text);
            made.Add($"{link} -> {text}");
        }
        return made;
    }
}
