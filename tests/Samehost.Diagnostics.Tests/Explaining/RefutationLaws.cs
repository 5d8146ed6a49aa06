using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Samehost.Tests.House;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>
/// For any place, user, namespace and sandbox, no verdict and no hint is refuted by a call that the same process can make.
/// </summary>
[Collection(NonParallel.Name)]
public sealed class RefutationLaws
{
    private const int Limit = 600_000;
    private const int RandomPlaces = 30;

    private static Gen<PlacedSocket> Any(bool withPrivileges) =>
        from shape in Gen.Frequency((4, Gen.Constant(PlaceShape.Listening)), (3, Gen.Constant(PlaceShape.Stale)),
            (4, Gen.Elements(Enum.GetValues<PlaceShape>())))
        from type in Gen.Elements(CallingUser.Types)
        from client in Gen.Frequency((3, Gen.Constant(type)), (1, Gen.Elements(CallingUser.Types)))
        from mount in Gen.Elements(
            withPrivileges ? Enum.GetValues<PlaceMount>() : [PlaceMount.None, PlaceMount.Renamed, PlaceMount.AbstractName])
        from server in withPrivileges ? Gen.Elements(Enum.GetValues<PlaceServer>()) : Gen.Elements(PlaceServer.Here, PlaceServer.Relative)
        from directory in Gen.Frequency((2, Gen.Constant(0b111_101_101)), (1, Gen.Choose(0, 0x1FF)))
        from file in Gen.Frequency((2, Gen.Constant(0b110_110_110)), (3, Gen.Choose(0, 0x1FF)))
        from owner in Gen.Elements(0u, OtherUser.Id, 65534u)
        from acl in Gen.Frequency(
            (3, Gen.Constant("")), (1, Gen.Elements($"u:{OtherUser.Id}:rw", $"u:{OtherUser.Id}:---", "u:65534:rw,m::r")))
        select new PlacedSocket(
            shape, type, client, mount, server, directory, file, withPrivileges ? owner : null, withPrivileges ? acl : "");

    /// <summary>Each shape, and each mount, in its plainest form.</summary>
    private static IEnumerable<PlacedSocket> Each(bool withPrivileges)
    {
        var plain = new PlacedSocket(PlaceShape.Listening, SocketType.Stream, SocketType.Stream, PlaceMount.None, PlaceServer.Here,
            0b111_101_101, 0b110_110_110, null, "");
        var shapes = Enum.GetValues<PlaceShape>().Select(shape => plain with { Shape = shape });
        return !withPrivileges ? shapes : shapes.Concat(Enum.GetValues<PlaceMount>().SelectMany(mount => new[]
        {
            plain with { Mount = mount },
            plain with { Mount = mount, Shape = mount == PlaceMount.RemovedDirectory ? PlaceShape.Missing : PlaceShape.Stale },
        }));
    }

    [Fact(Timeout = Limit)]
    public async Task No_verdict_and_no_hint_is_refuted_by_a_call_of_the_same_process()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        string[] overlay = ["upper", "work", "merged"];
        var top = folder.Temp.MakeDirectory("overlay", 0b111_101_101);
        var lower = folder.Temp.MakeDirectory("lower", 0b111_101_101);
        // What is mounted later is seen by the processes below, which have namespaces of their own.
        var host = await folder.StartAsync("unshare", "--mount", "sh", "-c",
            $"mount --make-rshared / && mount -t tmpfs none {top} && cd {top} && mkdir {string.Join(' ', overlay)} && " +
            $"chmod 755 {top} upper && mount -t overlay none -o lowerdir={lower},upperdir={top}/upper,workdir={top}/work merged && " +
            "exec \"$0\" \"$@\"");
        string[] inside = ["nsenter", $"--mount=/proc/{host.Id}/ns/mnt"];
        var maker = new PlaceMaker(folder.Temp.FullPath, top + "/merged", host, await folder.StartAsync(inside),
            await folder.StartAsync([.. inside, "unshare", "--net"]));
        await CheckAsync(maker, await StartCallersAsync(folder, inside), withPrivileges: true, wanted: Claim.All.Count / 2);
    }

    [Fact(Timeout = Limit)]
    public async Task No_verdict_and_no_hint_is_refuted_by_a_call_of_an_ordinary_process()
    {
        await using var folder = new SituationDirectory();
        var work = folder.Temp.MakeDirectory("work", 0b111_101_101);
        OrdinaryUser.Give(work);
        var host = await folder.StartAsync(OrdinaryUser.Prefix);
        var maker = new PlaceMaker(work, work, host, await folder.StartAsync(OrdinaryUser.Prefix), host);
        var callers = new List<Caller> { new("ordinary", await folder.StartAsync(OrdinaryUser.Prefix), IsRoot: false, "") };
        foreach (var restriction in Claim.Restrictions)
        {
            callers.Add(new Caller(restriction, await folder.StartAsync([.. OrdinaryUser.Prefix, .. SandboxProgram.With(restriction)]),
                IsRoot: false, restriction));
        }
        await CheckAsync(maker, callers, withPrivileges: false, wanted: Claim.All.Count / 3);
    }

    private static async Task<List<Caller>> StartCallersAsync(SituationDirectory folder, string[] inside)
    {
        var callers = new List<Caller>();
        await AddAsync("root", isRoot: true, "");
        await AddAsync("root without exemptions", isRoot: true, "",
            "setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all");
        await AddAsync("user", isRoot: false, "", OtherUser.With());
        await AddAsync("nobody", isRoot: false, "", OrdinaryUser.Prefix);
        await AddAsync("root in another network namespace", isRoot: true, "net", "unshare", "--net");
        await AddAsync("user in another network namespace", isRoot: false, "net", ["unshare", "--net", .. OtherUser.With()]);
        await AddAsync("root in another pid namespace", isRoot: true, "pid",
            "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "slave");
        await AddAsync("root of a user namespace", isRoot: true, "user", [.. OtherUser.With(), "unshare", "--user", "--map-root-user"]);
        foreach (var restriction in Claim.Restrictions)
        {
            await AddAsync($"root, {restriction}", isRoot: true, restriction, SandboxProgram.With(restriction));
            await AddAsync($"user, {restriction}", isRoot: false, restriction, [.. OtherUser.With(), .. SandboxProgram.With(restriction)]);
        }
        return callers;

        async Task AddAsync(string name, bool isRoot, string restriction, params string[] prefix) =>
            callers.Add(new Caller(name, await folder.StartAsync([.. inside, .. prefix]), isRoot, restriction));
    }

    private static async Task CheckAsync(PlaceMaker maker, List<Caller> callers, bool withPrivileges, int wanted)
    {
        var wrong = new List<string>();
        var claimed = new HashSet<string>();
        var outcomes = new HashSet<Errno>();
        foreach (var (place, i) in Each(withPrivileges).Concat(Any(withPrivileges).Sample(RandomPlaces)).Select((p, i) => (p, i)))
        {
            var path = await maker.MakeAsync(place, i);
            foreach (var caller in callers)
            {
                var text = $"{caller.Name} to {place}";
                var (real, hint) = await caller.Process.AskAsync("connect", path, place.Client);
                var (predicted, explanation) = await caller.Process.AskAsync("explain", path, place.Client);
                outcomes.Add(real);
                if (predicted != CallingUser.Unknown && predicted != real)
                    wrong.Add($"predicted {predicted}, was {real}: {text}");
                foreach (var said in (string[])[hint, explanation])
                {
                    wrong.AddRange((await Claim.RefutedAsync(said, caller, place, path, real, claimed))
                        .Select(claim => $"\"{claim}\" is claimed: {text}, {real}: {said}"));
                }
            }
            // Both change the place, and so come last.
            wrong.AddRange(await BindAsync(callers[i % callers.Count], place, path, claimed));
            wrong.AddRange(await FollowAdviceAsync(maker, callers[(i * 7) % callers.Count], place, path));
            await maker.RemoveAsync(i);
        }
        Rule.HasNoExceptions(wrong);
        // Otherwise it would be a law about nothing.
        Assert.Superset(new HashSet<Errno>([Errno.None, Errno.ENOENT, Errno.EACCES, Errno.ECONNREFUSED]), outcomes);
        Assert.True(claimed.Count >= wanted, $"only these claims were made: {string.Join(", ", claimed)}");
    }

    private static async Task<List<string>> BindAsync(Caller caller, PlacedSocket place, string path, HashSet<string> claimed)
    {
        var (predicted, explanation) = await caller.Process.AskAsync("explain-bind", path, place.Client);
        var (real, hint) = await caller.Process.AskAsync("safe-bind", path, place.Client);
        var wrong = new List<string>();
        if (predicted != CallingUser.Unknown && predicted != real)
            wrong.Add($"predicted {predicted} for bind, was {real}: {caller.Name} to {place}: {explanation}");
        foreach (var said in real == Errno.None ? [] : (string[])[hint, explanation])
        {
            wrong.AddRange((await Claim.RefutedAsync(said, caller, place, path, real, claimed, isBind: true))
                .Select(claim => $"\"{claim}\" is claimed for bind: {caller.Name} to {place}, {real}: {said}"));
        }
        return wrong;
    }

    /// <summary>Does what a hint says about permissions: then it is not the permissions of that file any more that refuse.</summary>
    private static async Task<List<string>> FollowAdviceAsync(PlaceMaker maker, Caller caller, PlacedSocket place, string path)
    {
        var hint = await caller.Process.DescribeAsync("connect", path, place.Client);
        var advice = Regex.Match(hint, "(setfacl -m [^ ]+|chmod [ugo]+[+][rwx]+) (?<file>/[^ ]+[^ .])", RegexOptions.ExplicitCapture);
        var file = advice.Groups["file"].Value;
        // The numbers are those of the caller's user namespace.
        if (!advice.Success || caller.Restriction == "user" || !await maker.CanAsync(advice.Value))
            return [];
        var after = await caller.Process.DescribeAsync("connect", path, place.Client);
        return after.Contains($"may not write to {file},", StringComparison.Ordinal)
            || after.Contains($"may not pass through {file}:", StringComparison.Ordinal)
            ? [$"\"{advice.Value}\" did not help: {caller.Name} to {place}: {after}"] : [];
    }
}

/// <summary>A process that calls, and what is special about it: a restriction of sandbox.c, or a namespace.</summary>
internal sealed record Caller(string Name, CallingUser Process, bool IsRoot, string Restriction);

/// <summary>A socket, or something else, at a path, and the way there.</summary>
internal sealed record PlacedSocket(PlaceShape Shape, SocketType Type, SocketType Client, PlaceMount Mount, PlaceServer Server,
    int DirectoryMode, int FileMode, uint? Owner, string Acl)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Shape} {Type} as {Client}, mount {Mount}, server {Server}, directory {Convert.ToString(DirectoryMode, 8)}, " +
        $"file {Convert.ToString(FileMode, 8)} of {Owner} [{Acl}]");
}

internal enum PlaceShape
{
    Listening,
    Bound,
    FullBacklog,
    Stale,
    RegularFile,
    Directory,
    Link,
    Missing,
}

internal enum PlaceMount
{
    None,
    Renamed,
    Linked,
    Overlay,
    OverlayRenamed,
    File,
    Directory,
    ReadOnly,
    RemovedDirectory,
    AbstractName,
}

internal enum PlaceServer
{
    Here,
    Relative,
    OtherNetwork,
}
