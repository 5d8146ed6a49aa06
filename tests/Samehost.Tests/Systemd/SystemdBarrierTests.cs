using Xunit;

namespace Samehost.Tests.Systemd;

public sealed class SystemdBarrierTests : IDisposable
{
    private static readonly TimeSpan Ample = TimeSpan.FromSeconds(20);

    private readonly NotifyReceiver _manager = new();

    public void Dispose() => _manager.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_barrier_waits_until_the_manager_closes_the_descriptor(bool blocking)
    {
        _manager.Notify.NotifyReady();
        var passed = Start(blocking, Ample);
        Assert.Equal("READY=1", await _manager.NextAsync());
        using (var message = await _manager.NextMessageAsync())
        {
            Assert.Equal("BARRIER=1", _manager.Text(message));
            Assert.Equal(1, message.Descriptors.Count);
            Assert.Equal(DescriptorKinds.Pipe, message.Descriptors.GetKind(0));
            Assert.False(passed.IsCompleted);
        }

        Assert.True(await passed);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_timeout_of_the_barrier_is_reported(bool blocking)
    {
        var failure = await Assert.ThrowsAsync<UnixSocketException>(() => Start(blocking, TimeSpan.FromMilliseconds(30)));
        Assert.Equal(Errno.ETIMEDOUT, failure.Errno);
        Assert.Equal("barrier", failure.Operation);
        Assert.Equal(_manager.Address, failure.EndPoint);
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_manager_whose_queue_is_full_is_reported_as_well(bool blocking)
    {
        using var stop = new CancellationTokenSource();
        ValueTask<bool> waiting;
        do
            waiting = _manager.Notify.SendAsync(["STATUS=busy"], [], stop.Token);
        while (waiting.IsCompleted); // until one finds no room
        var failure = await Assert.ThrowsAsync<UnixSocketException>(() => Start(blocking, TimeSpan.FromMilliseconds(30)));
        Assert.Equal((Errno.ETIMEDOUT, "barrier"), (failure.Errno, failure.Operation));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.AsTask());
    }

    [Theory(Timeout = 180_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_manager_that_is_killed_ends_the_wait(bool blocking)
    {
        var passed = Start(blocking, Ample);
        using (await _manager.NextMessageAsync())
            _manager.Leave();
        Assert.True(await passed);
    }

    [Fact(Timeout = 180_000)]
    public async Task Canceling_ends_the_wait()
    {
        using var stop = new CancellationTokenSource();
        var passed = _manager.Notify.WaitForBarrierAsync(Timeout.InfiniteTimeSpan, stop.Token).AsTask();
        using var message = await _manager.NextMessageAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => passed);
    }

    [Fact]
    public void A_negative_timeout_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _manager.Notify.WaitForBarrier(TimeSpan.FromMilliseconds(-2)));

    private Task<bool> Start(bool blocking, TimeSpan limit) =>
        blocking ? Task.Run(() => _manager.Notify.WaitForBarrier(limit)) : _manager.Notify.WaitForBarrierAsync(limit).AsTask();
}
