using FsCheck;
using FsCheck.Fluent;
using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Peers;

public sealed class PeerPolicyPropertyTests
{
    private static Gen<uint> Number => Gen.OneOf(Gen.Choose(0, 5), Gen.Choose(0, int.MaxValue)).Select(n => (uint)n);

    private static Gen<string> Term => Gen.OneOf(
        Gen.Elements("self", "root", "anyone", "user:root", "group:root"),
        Number.Select(n => $"uid:{n}"),
        Number.Select(n => $"gid:{n}"));

    private static Gen<string> Policy => Term.NonEmptyListOf().Select(terms => string.Join(',', terms));

    private static Gen<PeerCredentials> Peer =>
        from user in Number
        from groups in Number.NonEmptyListOf()
        from process in Gen.Choose(0, 3)
        select PeerPolicyTests.Peer(user, groups[0], process, [.. groups.Skip(1)]);

    [Fact]
    public void A_policy_can_be_parsed_from_its_text() => Prop.ForAll(Policy.ToArbitrary(), text =>
        PeerPolicy.Parse(text).ToString() == text && PeerPolicy.Parse(text).Equals(PeerPolicy.Parse(PeerPolicy.Parse(text).ToString())))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void A_policy_allows_exactly_the_peers_that_one_of_its_terms_allows() => Prop.ForAll(
        Policy.ToArbitrary(),
        Peer.ToArbitrary(),
        (text, peer) => PeerPolicy.Parse(text).Allows(peer) == text.Split(',').Any(term => PeerPolicy.Parse(term).Allows(peer)))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void A_datagrams_sender_is_checked_as_a_peer_without_supplementary_groups() => Prop.ForAll(
        Policy.ToArbitrary(), Number.Three().ToArbitrary(), (text, numbers) =>
    {
        var (user, group, process) = numbers;
        var sender = new UCred { Pid = (int)process % 2, Uid = user, Gid = group };
        return PeerPolicy.Parse(text).AllowsSender(sender) == PeerPolicy.Parse(text).Allows(new PeerCredentials(sender, [], null));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_process_number_never_decides_among_known_peers() => Prop.ForAll(
        Policy.ToArbitrary(),
        Number.ToArbitrary(),
        (text, user) => PeerPolicy.Parse(text).Allows(PeerPolicyTests.Peer(user, process: 1))
            == PeerPolicy.Parse(text).Allows(PeerPolicyTests.Peer(user, process: 4711)))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void TryParse_never_throws_and_agrees_with_Parse() => Prop.ForAll<string?>(text =>
    {
        foreach (var prefix in new[] { "", "self,", "user:", "uid:", "group:", "gid:" })
        {
            var read = PeerPolicy.TryParse(prefix + text, out var policy);
            if (read != (policy is not null) || read == (Record.Exception(() => PeerPolicy.Parse(prefix + text)) is FormatException))
                return false;
        }

        return true;
    }).QuickCheckThrowOnFailure();
}
