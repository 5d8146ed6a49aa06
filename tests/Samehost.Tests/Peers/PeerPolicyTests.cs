using Samehost.Interop;
using Samehost.Peers;
using Xunit;

namespace Samehost.Tests.Peers;

public sealed class PeerPolicyTests
{
    private const string Known = "self, root, user:NAME, uid:NUMBER, group:NAME, gid:NUMBER, anyone";

    [Fact]
    public void Generic_code_parses_policies()
    {
        Assert.Equal(PeerPolicy.SelfAndRoot, Parse<PeerPolicy>("self,root"));
        Assert.Throws<FormatException>(() => Parse<PeerPolicy>("someone"));

        static T Parse<T>(string text)
            where T : IParsable<T>
        {
            Assert.Equal(text.StartsWith("self", StringComparison.Ordinal), T.TryParse(text, null, out _));
            return T.Parse(text, null);
        }
    }

    [Fact]
    public void The_default_is_our_own_user_and_root()
    {
        Assert.Equal("self,root", PeerPolicy.SelfAndRoot.ToString());
        Assert.True(PeerPolicy.SelfAndRoot.Allows(Peer(LibcIdentity.EffectiveUser())));
        Assert.True(PeerPolicy.SelfAndRoot.Allows(Peer(0)));
        Assert.False(PeerPolicy.SelfAndRoot.Allows(Peer(12345)));
    }

    [Theory]
    [InlineData("root", 0u, 0u, true)]
    [InlineData("root", 1u, 0u, false)]
    [InlineData("user:root", 0u, 7u, true)]
    [InlineData("user:root", 7u, 0u, false)]
    [InlineData("uid:7", 7u, 8u, true)]
    [InlineData("uid:7", 8u, 7u, false)]
    [InlineData("gid:7", 8u, 7u, true)]
    [InlineData("gid:7", 7u, 8u, false)]
    [InlineData("group:root", 7u, 0u, true)]
    [InlineData("group:root", 0u, 7u, false)]
    [InlineData("uid:4294967294", 4294967294u, 7u, true)]
    [InlineData("anyone", 4294967294u, 4294967294u, true)]
    [InlineData(" uid:1 , gid:7 ", 8u, 7u, true)]
    public void A_term_allows_the_peers_that_it_names_and_no_others(string policy, uint user, uint group, bool allowed) =>
        Assert.Equal(allowed, PeerPolicy.Parse(policy).Allows(Peer(user, group)));

    [Fact]
    public void A_supplementary_group_counts_like_the_first()
    {
        var policy = PeerPolicy.Parse("gid:103");
        Assert.True(policy.Allows(Peer(5, 6, 1, [101, 102, 103])));
        Assert.False(policy.Allows(Peer(103, 6, 103, [101, 102, 104])));
    }

    [Theory]
    [InlineData("self")]
    [InlineData("root")]
    [InlineData("user:root")]
    [InlineData("uid:0")]
    [InlineData("gid:0")]
    [InlineData("group:root")]
    public void A_peer_without_a_process_number_here_is_allowed_by_its_user_and_group(string policy)
    {
        var peer = Peer(policy == "self" ? LibcIdentity.EffectiveUser() : 0, 0, 0);
        var sender = new UCred { Pid = 0, Uid = peer.UserId, Gid = 0 };
        // The number of the user nobody is also that of every user that has none here.
        var isKnown = peer.UserId != 65534;
        Assert.Equal(!isKnown, peer.IsUnmapped);
        Assert.Equal(isKnown, PeerPolicy.Parse(policy).Allows(peer));
        Assert.Equal(isKnown, PeerPolicy.Parse(policy).AllowsSender(sender));
    }

    [Theory]
    [InlineData("uid:65534")]
    [InlineData("gid:65534")]
    [InlineData("self,root")]
    public void A_message_without_credentials_is_allowed_only_by_anyone(string policy)
    {
        // The kernel reports no process, and the overflow numbers, which are those of the user nobody as well.
        var unknown = Peer(65534, 65534, 0);
        Assert.True(unknown.IsUnmapped);
        Assert.False(PeerPolicy.Parse(policy).Allows(unknown));
        Assert.False(PeerPolicy.Parse(policy).AllowsSender(new UCred { Pid = 0, Uid = 65534, Gid = 65534 }));
        Assert.True(PeerPolicy.Anyone.Allows(unknown));
        Assert.Equal("unmapped user (uid 65534, gid 65534, of another namespace)", unknown.ToString());
    }

    [Theory]
    [InlineData("", $"A policy has an empty term; its terms are: {Known}.")]
    [InlineData("self,", $"A policy has an empty term; its terms are: {Known}.")]
    [InlineData("self,,root", $"A policy has an empty term; its terms are: {Known}.")]
    [InlineData("selfish", $"'selfish' is not a term of a policy; its terms are: {Known}.")]
    [InlineData("Root", $"'Root' is not a term of a policy; its terms are: {Known}.")]
    [InlineData("pid:1", $"'pid:1' is not a term of a policy; its terms are: {Known}.")]
    [InlineData(":1", $"':1' is not a term of a policy; its terms are: {Known}.")]
    [InlineData("uid:", "'uid:' needs a number from 0 to 4294967294 after the colon.")]
    [InlineData("uid:-1", "'uid:-1' needs a number from 0 to 4294967294 after the colon.")]
    [InlineData("uid: 1", "'uid: 1' needs a number from 0 to 4294967294 after the colon.")]
    [InlineData("uid:root", "'uid:root' needs a number from 0 to 4294967294 after the colon.")]
    [InlineData("gid:4294967295", "'gid:4294967295' needs a number from 0 to 4294967294 after the colon.")]
    [InlineData("gid:4294967296", "'gid:4294967296' needs a number from 0 to 4294967294 after the colon.")]
    [InlineData("user:", "There is no user named '' on this system.")]
    [InlineData("user:no such user", "There is no user named 'no such user' on this system.")]
    [InlineData("user:root\0", @"There is no user named 'root\x00' on this system.")]
    [InlineData("self,group:nosuchgroup", "There is no group named 'nosuchgroup' on this system.")]
    [InlineData("group:", "There is no group named '' on this system.")]
    public void A_bad_term_is_named(string policy, string problem)
    {
        var refused = Assert.Throws<FormatException>(() => PeerPolicy.Parse(policy));
        Assert.StartsWith(problem, refused.Message, StringComparison.Ordinal);
        Assert.False(PeerPolicy.TryParse(policy, out var none));
        Assert.Null(none);
    }

    [Fact]
    public void Null_is_not_a_policy()
    {
        Assert.Throws<ArgumentNullException>(() => PeerPolicy.Parse(null!));
        Assert.False(PeerPolicy.TryParse(null, out _));
    }

    [Fact]
    public void Policies_with_the_same_terms_are_equal()
    {
        Assert.Equal(PeerPolicy.Parse("uid:1,root"), PeerPolicy.Parse(" uid:1, root"));
        Assert.Equal(PeerPolicy.Parse("uid:1").GetHashCode(), PeerPolicy.Parse("uid:1").GetHashCode());
        Assert.NotEqual(PeerPolicy.Parse("uid:1"), PeerPolicy.Parse("gid:1"));
        Assert.False(PeerPolicy.Anyone.Equals(null));
    }

    [Theory]
    [InlineData("daemon,anyone")]
    [InlineData("root,anyone")]
    [InlineData("root\0")]
    [InlineData(" root")]
    [InlineData("root ")]
    [InlineData("0")]
    [InlineData("*")]
    [InlineData("")]
    public void A_name_is_one_name_and_never_a_policy(string name)
    {
        Assert.Throws<ArgumentException>(() => PeerPolicy.ForGroup(name));
        Assert.Throws<ArgumentException>(() => PeerPolicy.ForUser(name));
    }

    [Fact]
    public void Composed_policies_are_equal_to_parsed_ones()
    {
        Assert.Equal(PeerPolicy.Parse("self"), PeerPolicy.Self);
        Assert.Equal(PeerPolicy.Parse("root"), PeerPolicy.Root);
        Assert.Equal(PeerPolicy.Parse("self,root"), PeerPolicy.SelfAndRoot);
        Assert.Equal(PeerPolicy.Parse("anyone"), PeerPolicy.Anyone);
        Assert.Equal(PeerPolicy.Parse("user:root"), PeerPolicy.ForUser("root"));
        Assert.Equal(PeerPolicy.Parse("group:root"), PeerPolicy.ForGroup("root"));
        Assert.Equal(PeerPolicy.Parse("uid:7"), PeerPolicy.ForUserId(7));
        Assert.Equal(PeerPolicy.Parse("gid:7"), PeerPolicy.ForGroupId(7));
        PeerPolicy[] parts = [PeerPolicy.SelfAndRoot, PeerPolicy.ForGroupId(7), PeerPolicy.Root];
        Assert.Equal(PeerPolicy.Parse("self,root,gid:7"), PeerPolicy.AnyOf(parts)); // each part once
        Assert.True(PeerPolicy.AnyOf(parts).Allows(Peer(12345, 7)));
        Assert.False(PeerPolicy.AnyOf(parts).Allows(Peer(12345, 8)));
    }

    [Fact]
    public void The_number_that_means_no_user_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PeerPolicy.ForUserId(uint.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => PeerPolicy.ForGroupId(uint.MaxValue));
        Assert.Throws<ArgumentException>(() => PeerPolicy.AnyOf());
        Assert.Throws<ArgumentException>(() => PeerPolicy.AnyOf(PeerPolicy.Root, null!));
    }

    /// <summary>A directory service may have groups of any name; the printed policy must not be another one when it is read.</summary>
    [Theory]
    [InlineData("users,anyone", "gid:7")]
    [InlineData(" users", "gid:7")]
    [InlineData("users\n", "gid:7")]
    [InlineData("users\u202E", "gid:7")]
    [InlineData("domain users", "group:domain users")]
    [InlineData("b\u00FCro", "group:b\u00FCro")]
    public void A_name_that_cannot_be_part_of_a_policys_text_is_printed_as_its_number(string name, string printed) =>
        Assert.Equal(printed, new PeerPolicyTerm(PeerPolicyTerm.Kind.Group, 7, name).ToString());

    internal static PeerCredentials Peer(uint user, uint group = 7, int process = 1, uint[]? groups = null) =>
        new(new UCred { Pid = process, Uid = user, Gid = group }, groups ?? [], null);
}
