using Samehost.EventLoops;
using Xunit;

namespace Samehost.Tests.EventLoops;

public sealed class LeaderStateTests
{
    private LeaderState _cursor;

    [Fact]
    public void It_begins_waiting_in_the_first_term()
    {
        Assert.False(LeaderState.IsRunning(_cursor.Now));
        Assert.Equal(0, LeaderState.Term(_cursor.Now));
        Assert.Equal(0, LeaderState.Claimed(_cursor.Now));
    }

    [Fact]
    public void Each_claim_takes_one_piece()
    {
        _cursor.StartRunning();
        for (int i = 0; i < 1300; i++) // a full batch and all that may be posted at once
        {
            Assert.Equal(i, LeaderState.Claimed(_cursor.Now));
            Assert.True(_cursor.TryClaim(_cursor.Now));
        }

        Assert.True(LeaderState.IsRunning(_cursor.Now));
        Assert.Equal(0, LeaderState.Term(_cursor.Now));
    }

    [Fact]
    public void A_claim_changes_what_the_watch_sees()
    {
        _cursor.StartRunning();
        long seen = _cursor.Now;
        Assert.True(_cursor.TryClaim(seen));

        Assert.False(_cursor.TryDepose(seen));
        Assert.False(_cursor.TryClaim(seen));
    }

    [Fact]
    public void A_deposed_leader_can_neither_claim_nor_wait()
    {
        _cursor.StartRunning();
        Assert.True(_cursor.TryClaim(_cursor.Now));
        long seen = _cursor.Now;

        Assert.True(_cursor.TryDepose(seen));

        Assert.False(_cursor.TryClaim(seen));
        Assert.False(_cursor.TryStartWaiting(seen));
        Assert.Equal(1, LeaderState.Term(_cursor.Now));
        Assert.Equal(1, LeaderState.Claimed(_cursor.Now)); // the successor goes on behind the piece that holds the old one
        Assert.True(LeaderState.IsRunning(_cursor.Now));
    }

    [Fact]
    public void Each_batch_looks_different_from_the_one_before()
    {
        var seen = new HashSet<long>();
        for (int batch = 0; batch < 10_000; batch++)
        {
            _cursor.StartRunning();
            Assert.True(seen.Add(_cursor.Now));
            Assert.True(_cursor.TryClaim(_cursor.Now));
            Assert.True(seen.Add(_cursor.Now));
            Assert.True(_cursor.TryStartWaiting(_cursor.Now));
            Assert.True(seen.Add(_cursor.Now));
            Assert.Equal(0, LeaderState.Claimed(_cursor.Now));
        }
    }

    [Fact]
    public void Batches_never_run_over_into_the_term()
    {
        Assert.True(_cursor.TryDepose(_cursor.Now));
        for (int batch = 0; batch < (1 << 23) + 10; batch++)
            _cursor.StartRunning();

        Assert.Equal(1, LeaderState.Term(_cursor.Now));
        Assert.True(LeaderState.IsRunning(_cursor.Now));
    }

    [Fact]
    public void Terms_never_run_over_into_the_rest()
    {
        _cursor.StartRunning();
        long rest = _cursor.Now;
        for (int term = 1; term < 1 << 24; term++)
            Assert.True(_cursor.TryDepose(_cursor.Now));
        Assert.Equal((1 << 24) - 1, LeaderState.Term(_cursor.Now));

        Assert.True(_cursor.TryDepose(_cursor.Now));

        Assert.Equal(rest, _cursor.Now);
    }

    [Fact]
    public void Of_two_that_see_the_same_only_one_succeeds()
    {
        for (int round = 0; round < 2_000; round++)
        {
            _cursor.StartRunning();
            long seen = _cursor.Now;
            bool claimed = false;
            bool deposed = false;
            Parallel.Invoke(() => claimed = _cursor.TryClaim(seen), () => deposed = _cursor.TryDepose(seen));

            Assert.True(claimed ^ deposed);
        }
    }
}
