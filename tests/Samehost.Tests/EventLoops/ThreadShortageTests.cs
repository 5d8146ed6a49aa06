#if DEBUG
#pragma warning disable CA2012, xUnit1031 // what happens between a call, its result and its continuation is what is tested
using System.Diagnostics;
using Samehost.EventLoops;
using Samehost.Tests.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.EventLoops;

/// <summary>An event loop in a process that can start no thread for a while, as happens when descriptors or memory are used up.</summary>
[Collection(NonParallel.Name)]
public sealed class ThreadShortageTests : SocketTest // which does not count descriptors: the loops that are made here stay
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact(Timeout = Limit)]
    public async Task A_loop_without_a_thread_is_an_error_and_leaves_no_descriptor()
    {
        var before = new OpenDescriptors();
        using var refused = new Refusal();
        for (var i = 0; i < 10; i++)
            Assert.Throws<IOException>(() => new EventLoop());
        await before.AreBackAsync();
    }

    [Fact(Timeout = Limit)]
    public void A_loop_whose_watchdog_cannot_be_started_works_and_gets_one_later()
    {
        EventLoop loop;
        using (new Refusal(after: 1))
        {
            loop = new EventLoop();
            Assert.True(loop.IsWatchdogMissing);
            Run(loop, () => { });
        }

        HoldUpAndGoOn(loop);
        Assert.False(loop.IsWatchdogMissing);
    }

    [Fact(Timeout = Limit)]
    public void A_missing_watchdog_is_replaced_while_the_blocked_thread_remains_blocked()
    {
        var loop = new EventLoop();
        using var release = new ManualResetEventSlim();
        using (new Refusal())
        {
            loop.Post(new PostedWork(release.Wait));
            Run(loop, () => { }); // on the former watchdog, whose successor cannot be started
            Assert.True(SpinWait.SpinUntil(() => loop.IsWatchdogMissing, Soon));
        }

        HoldUpAndGoOn(loop);
        release.Set();
    }

    [Fact(Timeout = Limit)]
    public void A_thread_that_returns_when_no_other_can_be_started_becomes_the_watchdog()
    {
        var loop = new EventLoop();
        using var release = new ManualResetEventSlim();
        Thread? heldUp = null;
        var refused = new Refusal(() =>
        {
            release.Set();
            // Until it has come back: it watches, or (the fault that this test is about) it stands by and is never called.
            SpinWait.SpinUntil(
                () => !loop.IsWatchdogMissing || (heldUp!.ThreadState & System.Threading.ThreadState.WaitSleepJoin) != 0, Soon);
        });
        using (refused)
        {
            loop.Post(new PostedWork(() =>
            {
                heldUp = Thread.CurrentThread;
                release.Wait();
            }));
            HoldUpAndGoOn(loop);
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Work_that_the_thread_pool_refuses_runs_on_the_loops_threads(bool withThreads)
    {
        var (near, far) = UnixStream.CreatePair();
        await using var one = near;
        await using var other = far;
        var served = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = near.ReadAsync(new byte[1], Token).GetAwaiter();
        read.UnsafeOnCompleted(() => served.SetResult(Thread.CurrentThread.IsThreadPoolThread));
        for (var i = 0; i < 8; i++)
            near.Context.Timing.Add(Stopwatch.Frequency, 0); // as if its continuations had computed for a long time

        ThreadPoolQueue.IsRefused = true;
        try
        {
            using (withThreads ? null : new Refusal())
            {
                far.WriteByte(1);
                Assert.False(await served.Task.WaitAsync(Soon, Token));
            }
        }
        finally
        {
            ThreadPoolQueue.IsRefused = false;
        }

        Assert.Equal(1, read.GetResult());
    }

    /// <summary>Holds the leader up; what is posted behind it has to run all the same, which takes a watchdog.</summary>
    private static void HoldUpAndGoOn(EventLoop loop)
    {
        using var release = new ManualResetEventSlim();
        loop.Post(new PostedWork(release.Wait));
        Run(loop, () => { });
        release.Set();
    }

    private static void Run(EventLoop loop, Action action)
    {
        using var ran = new ManualResetEventSlim();
        loop.Post(new PostedWork(() =>
        {
            action();
            ran.Set();
        }));
        Assert.True(ran.Wait(Soon), "What was posted to the loop did not run.");
    }

    /// <summary>Has the starts of threads fail until it is disposed.</summary>
    private sealed class Refusal : IDisposable
    {
        private int _allowed;

        public Refusal(int after = 0)
        {
            _allowed = after;
            EventLoopThreads.MayStart = () => Interlocked.Decrement(ref _allowed) >= 0;
        }

        public Refusal(Action first)
        {
            var calls = 0;
            EventLoopThreads.MayStart = () =>
            {
                if (Interlocked.Increment(ref calls) == 1)
                    first();
                return false;
            };
        }

        public void Dispose() => EventLoopThreads.MayStart = null;
    }
}
#endif
