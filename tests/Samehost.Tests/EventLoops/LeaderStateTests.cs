using Samehost.EventLoops;
using Xunit;

namespace Samehost.Tests.EventLoops;

public sealed class LeaderStateTests
{
    private LeaderState _state;

    [Fact]
    public void The_initial_state_is_waiting_in_term_0()
    {
        Assert.False(LeaderState.IsRunning(_state.Current));
        Assert.Equal(0, LeaderState.Term(_state.Current));
        Assert.Equal(0, LeaderState.Claimed(_state.Current));
    }

    [Fact]
    public void Each_claim_increments_the_count()
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
    public void The_states_of_10_000_batches_are_distinct()
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
    public void The_batch_number_never_overflows_into_the_term()
    {
        Assert.True(_state.TryReplace(_state.Current));
        for (var batch = 0; batch < (1 << 23) + 10; batch++)
            _state.StartRunning();

        Assert.Equal(1, LeaderState.Term(_state.Current));
        Assert.True(LeaderState.IsRunning(_state.Current));
    }

    [Fact]
    public void The_term_never_overflows_into_the_other_fields()
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
    public void Only_one_of_a_concurrent_claim_and_replacement_succeeds()
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
