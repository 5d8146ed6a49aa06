using Samehost.EventLoops;
using Xunit;

namespace Samehost.Tests.EventLoops;

public sealed class LeaderStateTests
{
    private LeaderState _state;

    [Fact]
    public void It_begins_waiting_in_the_first_term()
    {
        Assert.False(LeaderState.IsRunning(_state.Current));
        Assert.Equal(0, LeaderState.Term(_state.Current));
        Assert.Equal(0, LeaderState.Claimed(_state.Current));
    }

    [Fact]
    public void Each_claim_takes_one_piece()
    {
        _state.StartRunning();
        for (var i = 0; i < 1300; i++) // a full batch and all that may be posted at once
        {
            Assert.Equal(i, LeaderState.Claimed(_state.Current));
            Assert.True(_state.TryClaim(_state.Current));
        }

        Assert.True(LeaderState.IsRunning(_state.Current));
        Assert.Equal(0, LeaderState.Term(_state.Current));
    }

    [Fact]
    public void A_claim_changes_what_the_watchdog_sees()
    {
        _state.StartRunning();
        var seen = _state.Current;
        Assert.True(_state.TryClaim(seen));

        Assert.False(_state.TryReplace(seen));
        Assert.False(_state.TryClaim(seen));
    }

    [Fact]
    public void A_replaced_leader_can_neither_claim_nor_wait()
    {
        _state.StartRunning();
        Assert.True(_state.TryClaim(_state.Current));
        var seen = _state.Current;

        Assert.True(_state.TryReplace(seen));

        Assert.False(_state.TryClaim(seen));
        Assert.False(_state.TryStartWaiting(seen));
        Assert.Equal(1, LeaderState.Term(_state.Current));
        Assert.Equal(1, LeaderState.Claimed(_state.Current)); // the successor goes on behind the piece that holds the old one
        Assert.True(LeaderState.IsRunning(_state.Current));
    }

    [Fact]
    public void Each_batch_looks_different_from_the_one_before()
    {
        var seen = new HashSet<long>();
        for (var batch = 0; batch < 10_000; batch++)
        {
            _state.StartRunning();
            Assert.True(seen.Add(_state.Current));
            Assert.True(_state.TryClaim(_state.Current));
            Assert.True(seen.Add(_state.Current));
            Assert.True(_state.TryStartWaiting(_state.Current));
            Assert.True(seen.Add(_state.Current));
            Assert.Equal(0, LeaderState.Claimed(_state.Current));
        }
    }

    [Fact]
    public void Batches_never_run_over_into_the_term()
    {
        Assert.True(_state.TryReplace(_state.Current));
        for (var batch = 0; batch < (1 << 23) + 10; batch++)
            _state.StartRunning();

        Assert.Equal(1, LeaderState.Term(_state.Current));
        Assert.True(LeaderState.IsRunning(_state.Current));
    }

    [Fact]
    public void Terms_never_run_over_into_the_rest()
    {
        _state.StartRunning();
        var rest = _state.Current;
        for (var term = 1; term < 1 << 24; term++)
            Assert.True(_state.TryReplace(_state.Current));
        Assert.Equal((1 << 24) - 1, LeaderState.Term(_state.Current));

        Assert.True(_state.TryReplace(_state.Current));

        Assert.Equal(rest, _state.Current);
    }

    [Fact]
    public void Of_two_that_see_the_same_only_one_succeeds()
    {
        for (var round = 0; round < 2_000; round++)
        {
            _state.StartRunning();
            var seen = _state.Current;
            var claimed = false;
            var replaced = false;
            Parallel.Invoke(() => claimed = _state.TryClaim(seen), () => replaced = _state.TryReplace(seen));

            Assert.True(claimed ^ replaced);
        }
    }
}
