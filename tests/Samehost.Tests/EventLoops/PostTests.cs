using System.Collections.Concurrent;
using Samehost.EventLoops;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

[Collection(NonParallel.Name)]
public sealed class PostTests
{
    private const int Each = 20_000;

    [Fact(Timeout = 180_000)]
    public async Task Work_posted_by_many_threads_runs_once_and_in_the_order_of_each_thread()
    {
        const int Posters = 4;
        var loop = EventLoopGroup.Next();
        var run = new ConcurrentQueue<(int Thread, int Poster, int Number)>();
        var left = Posters * Each;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        await Task.WhenAll(Enumerable.Range(0, Posters).Select(poster => Task.Run(
            () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    var number = i;
                    loop.Post(new PostedWork(() =>
                    {
                        run.Enqueue((Environment.CurrentManagedThreadId, poster, number));
                        if (Interlocked.Decrement(ref left) == 0)
                            done.SetResult();
                    }));
                }
            },
            TestContext.Current.CancellationToken)));
        await done.Task;

        Assert.Equal(Posters * Each, run.Select(r => (r.Poster, r.Number)).Distinct().Count());
        var last = new Dictionary<(int, int), int>();
        foreach (var (thread, poster, number) in run)
        {
            Assert.True(number > last.GetValueOrDefault((thread, poster), -1));
            last[(thread, poster)] = number;
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_post_to_a_loop_that_sleeps_wakes_it()
    {
        var loop = EventLoopGroup.Next();
        for (var i = 0; i < 300; i++)
        {
            var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            loop.Post(new PostedWork(() => done.SetResult(EventLoop.IsCurrentThread)));
            Assert.True(await done.Task);
            if (i % 10 == 0)
                await Task.Delay(2, TestContext.Current.CancellationToken); // long enough for the loop to fall asleep again
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Posted_work_that_blocks_does_not_hold_up_what_is_posted_behind_it()
    {
        var loop = EventLoopGroup.Next();
        using var release = new ManualResetEventSlim();
        using var ended = new CountdownEvent(20);
        for (var i = 0; i < 20; i++)
        {
            loop.Post(new PostedWork(() =>
            {
                release.Wait();
                ended.Signal();
            }));
        }

        var behind = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(new PostedWork(behind.SetResult));
        await behind.Task;

        release.Set();
        ended.Wait(TestContext.Current.CancellationToken);
    }
}
