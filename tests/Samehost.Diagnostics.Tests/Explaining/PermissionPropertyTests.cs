using System.Globalization;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using Samehost.Inspection;
using Samehost.Tests.Diagnostics.Explaining.Interop;
using Samehost.Tests.Peers;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>Whatever owners, modes and access control lists are on the way, the prediction is what the kernel then does.</summary>
public sealed class PermissionPropertyTests
{
    private const int Limit = 300_000;
    private const int Trees = 250;
    private const uint OrdinaryId = 65534;
    private const uint ThirdGroup = 34567;

    private static readonly uint[] Users = [0, OtherUser.Id, OrdinaryId];
    private static readonly uint[] Groups = [0, OtherUser.Group, ThirdGroup];

    private static Gen<uint> Triple => Gen.Choose(0, 7).Select(n => (uint)n);

    // Named entries in the order that the kernel asks for: users, the owning group, groups, mask, others.
    private static Gen<AclEntry[]> Acl =>
        from owner in Triple
        from named in Gen.SubListOf(Users.Select(u => (AclTag.User, u)).Concat(Groups.Select(g => (AclTag.Group, g))).ToArray())
        from permissions in Triple.ArrayOf(named.Count)
        from rest in Triple.ArrayOf(3)
        let entries = named.Select((n, i) => new AclEntry(n.Item1, permissions[i], n.Item2)).ToArray()
        select (AclEntry[])
        [
            new(AclTag.Owner, owner, uint.MaxValue),
            .. entries.Where(e => e.Tag == AclTag.User).OrderBy(e => e.Id),
            new(AclTag.OwningGroup, rest[0], uint.MaxValue),
            .. entries.Where(e => e.Tag == AclTag.Group).OrderBy(e => e.Id),
            new(AclTag.Mask, rest[1], uint.MaxValue),
            new(AclTag.Other, rest[2], uint.MaxValue),
        ];

    private static Gen<Permissions> OfFile =>
        from user in Gen.Elements(Users)
        from ownGroup in Gen.Elements(Groups)
        from mode in Gen.Choose(0, 0x1FF)
        from acl in Gen.OneOf(Gen.Constant<AclEntry[]?>(null), Acl.Select(a => (AclEntry[]?)a))
        select new Permissions(user, ownGroup, mode, acl);

    // Closed directories would hide what is decided below them: most are open.
    private static Gen<Permissions> OfDirectory => Gen.Frequency(
        (2, OfFile), (1, Gen.Constant(new Permissions(0, 0, 0b111_101_101, null))));

    [Fact(Timeout = Limit)]
    public async Task The_prediction_for_any_user_is_the_result_of_connect()
    {
        OtherUser.NeedsRoot();
        await using var folder = new SituationDirectory();
        folder.Temp.MakeDirectory("one", 0b111_101_101);
        folder.Temp.MakeDirectory("one/two", 0b111_101_101);
        var path = folder.Serve("one/two/s", SocketType.Dgram);

        // The last is a root that was left without its exemptions from permissions.
        (UnixUser? User, CallingUser Process)[] callers =
        [
            (new UnixUser(OtherUser.Id, OtherUser.Group, [ThirdGroup]), await folder.StartAsync(OtherUser.With(ThirdGroup))),
            (new UnixUser(OtherUser.Id, OtherUser.Group), await folder.StartAsync(OtherUser.With())),
            (new UnixUser(OrdinaryId, OrdinaryId), await folder.StartAsync(OrdinaryUser.Prefix)),
            (UnixUser.Current, await folder.StartAsync()),
            (null, await folder.StartAsync("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all")),
        ];
        var works = 0;
        foreach (var tree in Tree().Sample(Trees))
        {
            // From below, because above them nothing may be closed to root without its exemptions; we have ours.
            tree[2].Apply(path);
            tree[1].Apply(folder["one/two"]);
            tree[0].Apply(folder["one"]);
            foreach (var (user, process) in callers)
            {
                var real = await process.CallAsync("connect", path, SocketType.Dgram);
                var own = await process.CallAsync("explain", path, SocketType.Dgram);
                var groups = string.Join(',', user?.Groups ?? []);
                var text = $"{user} (groups {groups}) at {string.Join(" / ", tree.Select(t => t.ToString()))}";
                Assert.True(own == real, $"itself predicted {own}, was {real}: {text}");
                if (user is not null)
                {
                    var options = new UnixExplainOptions { SocketType = SocketType.Dgram, User = user };
                    var predicted = UnixExplanation.ExplainConnect(path, options).Verdict.Errno;
                    Assert.True(predicted == real, $"predicted {predicted}, was {real}: {text}");
                }
                works += real == 0 ? 1 : 0;
            }
        }
        // Otherwise it would be a law about nothing.
        Assert.InRange(works, Trees, (callers.Length - 1) * Trees);
    }

    private static Gen<Permissions[]> Tree() =>
        from one in OfDirectory
        from two in OfDirectory
        from socket in OfFile
        select new[] { one, two, socket };

    /// <summary>Owner, mode and list of one file.</summary>
    private sealed record Permissions(uint User, uint Group, int Mode, AclEntry[]? Acl)
    {
        public void Apply(string path)
        {
            FilePermissionCalls.SetOwner(path, User, Group);
            FilePermissionCalls.SetAcl(path, Acl ?? FromMode());
            if (Acl is null)
                File.SetUnixFileMode(path, (UnixFileMode)Mode);
        }

        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"{User}:{Group} {Convert.ToString(Mode, 8)}") +
            (Acl is null ? "" : $" [{string.Join(' ', Acl.Select(PosixAcl.Print))}]");

        // A list that says no more than the mode is none.
        private AclEntry[] FromMode() =>
        [
            new(AclTag.Owner, (uint)(Mode >> 6) & 7, uint.MaxValue),
            new(AclTag.OwningGroup, (uint)(Mode >> 3) & 7, uint.MaxValue),
            new(AclTag.Other, (uint)Mode & 7, uint.MaxValue),
        ];
    }
}
