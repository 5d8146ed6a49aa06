#pragma warning disable CA2012, xUnit1031 // what happens between a call, its result and its continuation is what is tested
using Samehost.EventLoops;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

/// <summary>Where the continuations of calls run, whatever ends the call: never on the thread pool, which may be unable to start a
/// thread.</summary>
[Collection(NonParallel.Name)]
public sealed class CompletionTests : CountingSocketTest
{
    private readonly AsyncLocal<string?> _local = new();

    [Fact(Timeout = Limit)]
    public async Task A_continuation_that_is_registered_after_the_result_is_there_runs_on_the_loop()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        for (var i = 0; i < 100; i++)
        {
            var read = near.ReadAsync(new byte[1], Token).GetAwaiter();
            Assert.False(read.IsCompleted);
            far.WriteByte((byte)i);
            SpinWait.SpinUntil(() => read.IsCompleted);

            Assert.True(await OnLoopAsync(read.UnsafeOnCompleted));
            Assert.Equal(1, read.GetResult());
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_is_canceled_continues_on_the_loop(bool canceledFirst)
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        using var canceling = new CancellationTokenSource();
        var read = near.ReadAsync(new byte[1], canceling.Token).GetAwaiter();
        Task<bool>? onLoop = null;
        if (!canceledFirst)
            onLoop = OnLoopAsync(read.UnsafeOnCompleted);

        await canceling.CancelAsync();
        onLoop ??= OnLoopAsync(read.UnsafeOnCompleted);

        Assert.True(await onLoop);
        Assert.Throws<OperationCanceledException>(() => read.GetResult());
    }

    [Fact(Timeout = Limit)]
    public async Task A_call_on_a_socket_that_is_closed_continues_on_the_loop()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var other = far;
        var read = near.ReadAsync(new byte[1], Token).GetAwaiter();
        var onLoop = OnLoopAsync(read.UnsafeOnCompleted);

        await near.DisposeAsync();

        Assert.True(await onLoop);
        Assert.Throws<ObjectDisposedException>(() => read.GetResult());
    }

    [Fact(Timeout = Limit)]
    public async Task A_continuation_does_not_see_the_AsyncLocals_of_the_one_before()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(await LocalSeenAsync("read"));
            near.Context.Post(new PostedWork(() => _local.Value = "posted"));
            Assert.Null(await LocalSeenAsync("read after posted work"));
        }

        async Task<string?> LocalSeenAsync(string left)
        {
            var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            var read = near.ReadAsync(new byte[1], Token).GetAwaiter();
            read.UnsafeOnCompleted(() =>
            {
                var before = _local.Value;
                _local.Value = left;
                SynchronizationContext.SetSynchronizationContext(new RecordingContext());
                read.GetResult();
                seen.SetResult(before);
            });
            far.WriteByte(1);
            return await seen.Task;
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_continuation_sees_the_AsyncLocals_of_its_caller_where_it_asks_for_them()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        _local.Value = "the caller's";
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = near.ReadAsync(new byte[1], Token).GetAwaiter();
        read.OnCompleted(() => seen.SetResult(_local.Value));
        _local.Value = "changed since";

        far.WriteByte(1);

        Assert.Equal("the caller's", await seen.Task);
        Assert.Equal(1, read.GetResult());
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_continuation_goes_to_the_callers_synchronization_context(bool canceled)
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        using var canceling = new CancellationTokenSource();
        var context = new RecordingContext();
        var read = Task.Run(
            async () =>
            {
                SynchronizationContext.SetSynchronizationContext(context);
                try
                {
                    return await near.ReadAsync(new byte[1], canceling.Token);
                }
                finally
                {
                    SynchronizationContext.SetSynchronizationContext(null);
                }
            },
            Token);
        await WaitsAsync(near);

        if (canceled)
        {
            await canceling.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        }
        else
        {
            far.WriteByte(1);
            Assert.Equal(1, await read);
        }

        Assert.Equal(1, context.Posts);
    }

    [Fact(Timeout = Limit)]
    public async Task A_continuation_goes_to_the_callers_task_scheduler()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        var scheduler = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        var where = await Task.Factory.StartNew(
            async () =>
            {
                _ = WriteWhenItWaitsAsync();
                await near.ReadExactlyAsync(new byte[1], Token);
                return TaskScheduler.Current;
            },
            Token,
            TaskCreationOptions.None,
            scheduler);
        Assert.Same(scheduler, await where);

        async Task WriteWhenItWaitsAsync()
        {
            await WaitsAsync(near).ConfigureAwait(false);
            far.WriteByte(1);
        }
    }

    [Fact]
    public void An_awaiter_whose_task_has_just_completed_continues_on_the_same_thread()
    {
        var thread = 0;
        var awaiter = new InlineAwaitable(Task.CompletedTask).GetAwaiter();
        awaiter.UnsafeOnCompleted(() => thread = Environment.CurrentManagedThreadId); // as if it had not completed a moment ago
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
    }

    [Fact(Timeout = Limit)]
    public async Task Awaiting_a_call_twice_is_an_InvalidOperationException()
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        var read = near.ReadAsync(new byte[1], Token).GetAwaiter();
        var first = OnLoopAsync(read.UnsafeOnCompleted);

        Assert.Throws<InvalidOperationException>(() => read.UnsafeOnCompleted(() => { }));

        far.WriteByte(1);
        Assert.True(await first);
        Assert.Equal(1, read.GetResult());
        Assert.Throws<InvalidOperationException>(() => read.GetResult());
    }

    private static Task<bool> OnLoopAsync(Action<Action> register)
    {
        var where = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        register(() => where.SetResult(EventLoop.IsCurrentThread && !Thread.CurrentThread.IsThreadPoolThread));
        return where.Task;
    }

    private sealed class RecordingContext : SynchronizationContext
    {
        private int _posts;

        public int Posts => _posts;

        public override void Post(SendOrPostCallback d, object? state)
        {
            Interlocked.Increment(ref _posts);
            base.Post(d, state);
        }
    }
}
